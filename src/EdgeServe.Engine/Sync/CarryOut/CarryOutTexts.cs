using System.Globalization;
using EdgeServe.Engine.Updates.Sticks;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>What the person with the stick reads about telemetry on it: the box's notes for head office.</summary>
internal static class CarryOutTexts
{
    private const string Take = "Take the stick to head office.";
    private const string Stays = "The notes stay safe in the box.";

    /// <returns>Null: nothing happened that is worth a word.</returns>
    public static CarrierText? Of(CarryOutResult result)
    {
        string thanks = result.Acknowledged > 0 ? "Head office has the earlier notes of this box. " : "";
        if (result.Refused is not null)
            return new(CarrierTone.Refused, "Not from head office", "The stick says that head office has the notes of this box, but the box cannot be sure. " + Stays, "Tell head office.");
        string size = Size(result.Bytes);
        return result.Error switch
        {
            CarryOutError.StickFull when result.Batches > 0 => new(CarrierTone.Attention, "Stick is full", $"{thanks}The most important notes for head office are on the stick ({size}); the rest had no room.", Take + " Bring another stick for the rest."),
            CarryOutError.StickFull => new(CarrierTone.Attention, "Stick is full", $"{thanks}The notes of this box for head office had no room on the stick. {Stays}", "Make room on the stick, or bring another."),
            CarryOutError.StickReadOnly => new(CarrierTone.Attention, "Stick is locked", $"{thanks}The box cannot write its notes for head office on this stick. {Stays}", "Unlock the stick, or bring another."),
            CarryOutError.StickUnreadable => new(CarrierTone.Attention, "Stick is not in order", $"The box cannot put its notes for head office on this stick. {Stays}", "Ask head office for a new stick."),
            CarryOutError.StorageTrouble => new(CarrierTone.Attention, "Not now", "The box cannot reach its notes for head office now.", "Try again later."),
            not null => new(CarrierTone.Attention, "Not finished", $"Not all notes of this box for head office are on the stick. {Stays}", "Put the stick in again: the box goes on where it stopped."),
            null when result.Batches > 0 => new(CarrierTone.Good, "Notes for head office", $"{thanks}The notes of this box for head office are on the stick ({size}).", Take),
            null when thanks.Length > 0 => new(CarrierTone.Good, "Notes arrived", thanks.TrimEnd(), "You can pull the stick out."),
            null => null,
        };
    }

    private static string Size(long bytes) => bytes >= 1 << 20
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):F1} MB")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, bytes >> 10)} KB");
}
