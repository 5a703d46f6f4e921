using System.CommandLine;

namespace EdgeServe.Cli.Models;

/// <summary><c>edgeserve model</c>: looks at the models of a folder; only <c>drift</c> needs a running service.</summary>
internal static class ModelVerb
{
    public static Command Create() => new("model", "Look at the models of a folder.")
    {
        ModelListVerb.Create(),
        ModelShowVerb.Create(),
        ModelCheckVerb.Create(),
        ModelProfileVerb.Create(),
        ModelDriftVerb.Create(),
    };
}
