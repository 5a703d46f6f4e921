using System.Globalization;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Inference.Oip;

namespace EdgeServe.Grpc;

/// <summary>One entry of a <c>parameters</c> map as it lies on the wire.</summary>
internal readonly ref struct InferParameter
{
    private const int BoolField = 1;
    private const int Int64Field = 2;
    private const int StringField = 3;
    private const int Uint64Field = 5;

    private readonly ReadOnlySpan<byte> _text;
    private readonly ulong _number;
    private readonly int _choice;

    /// <exception cref="FormatException">Not a map entry.</exception>
    public InferParameter(ReadOnlySpan<byte> entry)
    {
        var reader = new WireReader(entry);
        ReadOnlySpan<byte> value = default;
        Key = "";
        while (reader.TryReadTag(out int field, out var type))
        {
            if (field == 1)
                Key = WireText.Read(reader.Bytes(type));
            else if (field == 2)
                value = reader.Bytes(type);
            else
                reader.Skip(type);
        }

        var choice = new WireReader(value);
        while (choice.TryReadTag(out int field, out var type))
        {
            _choice = field;
            if (field == StringField)
                _text = choice.Bytes(type);
            else if (field is BoolField or Int64Field or Uint64Field)
                _number = choice.Varint(type);
            else
                choice.Skip(type);
        }
    }

    public string Key { get; }

    /// <exception cref="ServingException">Not a whole number of 0 or more.</exception>
    public ulong Unsigned()
    {
        if (_choice == Uint64Field || (_choice == Int64Field && (long)_number >= 0))
            return _number;
        if (_choice == StringField && ulong.TryParse(_text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            return value;
        throw ServingException.Invalid($"parameter '{WireText.Shorten(Key)}' must be a whole number of 0 or more");
    }

    /// <summary>A parameter that means nothing here is fine, unless its name says that it should.</summary>
    public void CheckOther() => OipParameters.CheckReserved(Key);
}
