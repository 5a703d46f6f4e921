using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Storage;
using EdgeServe.Http.Keys;
using EdgeServe.Security.Keys;

namespace EdgeServe.Cli.Tablets;

/// <summary>A verb that asks the running service for its keys, or the files when none runs.</summary>
internal static class KeyVerbs
{
    public const string By = "command line";

    /// <param name="command">The verb.</param>
    /// <param name="ask">The request to the service.</param>
    /// <param name="answer">How its answer is read.</param>
    /// <param name="work">The same on the files.</param>
    /// <param name="print">What to show.</param>
    public static Command WithKeys<T>(
        this Command command, Func<ParseResult, (HttpMethod Method, string Path, HttpContent? Body)> ask, JsonTypeInfo<T> answer, Func<ParseResult, KeyStore, DeviceClock, T> work, Action<ParseResult, T> print) =>
        command.WithService(async (parsed, configuration, service, cancellation) =>
        {
            try
            {
                T result;
                if (DataDirectory.OwnerOf(configuration.Options.Server.DataDirectory) is null)
                {
                    result = KeyFiles.With(configuration.Options, (keys, clock) => work(parsed, keys, clock));
                }
                else
                {
                    var (method, path, body) = ask(parsed);
                    using (body)
                        result = await service.ReadAsync(method, path, answer, cancellation, body);
                }

                print(parsed, result);
                return ExitCodes.Ok;
            }
            catch (KeyException e)
            {
                return Report.Errors([$"{e.Message} ({e.Hint})"], e.Error == KeyError.InvalidKey ? ExitCodes.Usage : ExitCodes.Failed);
            }
            catch (ServiceException e) when (e.Code == nameof(KeyError.InvalidKey))
            {
                return Report.Errors([$"{e.Message} ({e.Hint})"], ExitCodes.Usage);
            }
            catch (StorageException e)
            {
                return Report.Errors([e.Hint is null ? e.Message : $"{e.Message} ({e.Hint})"], ExitCodes.Failed);
            }
            catch (UnauthorizedAccessException e)
            {
                return Report.Errors([$"{e.Message} Run it as the service's user."], ExitCodes.Failed);
            }
        });

    public static HttpContent Json<T>(T body, JsonTypeInfo<T> type) => new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, type));

    public static string PathOf(string idOrName) => "/edge/v1/keys/" + Uri.EscapeDataString(idOrName);

    /// <summary>The key alone on standard output, so that it can be piped on; the rest beside it.</summary>
    public static void PrintOnce(AddedKeyBody added, bool json)
    {
        if (json)
        {
            CliJson.Print(added, CliJson.Indented.AddedKeyBody);
            return;
        }

        Console.Out.WriteLine(added.Key);
        Console.Error.WriteLine($"Key {added.Kept.Id} '{added.Kept.Name}' of scope {added.Kept.Scope}. It is shown this once: the box keeps no copy.");
    }
}
