using System.Diagnostics.Metrics;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Models;

namespace EdgeServe.Http.Metrics;

/// <summary>One measurement a model version, labelled <c>model</c> and <c>version</c> as dashboards expect.</summary>
internal static class ModelTags
{
    public static IEnumerable<Measurement<T>> Each<T>(ModelCatalog catalog, Func<ModelStatistics, T> value)
        where T : struct => catalog.Statistics.Select(s => new Measurement<T>(value(s.Statistics), Of(s.Key)));

    /// <summary>For values that only a loaded version has.</summary>
    public static IEnumerable<Measurement<long>> EachLoaded(ModelCatalog catalog, Func<ServedModel, long> value)
    {
        foreach (var model in catalog.Current.Models)
        {
            foreach (var version in model.Versions)
            {
                if (version.Served is { } served)
                    yield return new Measurement<long>(value(served), Of(served.Key));
            }
        }
    }

    /// <summary>Failures by reason; reasons that never happened are left out.</summary>
    public static IEnumerable<Measurement<long>> Failures(ModelCatalog catalog, Func<ServingError, string> reason)
    {
        foreach (var (key, statistics) in catalog.Statistics)
        {
            var counts = new Dictionary<string, long>();
            foreach (var error in Enum.GetValues<ServingError>())
            {
                if (statistics.FailureCount(error) is > 0 and var count)
                    counts[reason(error)] = counts.GetValueOrDefault(reason(error)) + count;
            }

            foreach (var (name, count) in counts)
                yield return new Measurement<long>(count, [.. Of(key), new("reason", name)]);
        }
    }

    private static KeyValuePair<string, object?>[] Of(ModelVersionKey key) => [new("model", key.Name), new("version", Oip.ModelViews.VersionText(key.Version))];
}
