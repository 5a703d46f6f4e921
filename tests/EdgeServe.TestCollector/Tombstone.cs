namespace EdgeServe.TestCollector;

/// <summary>A sender's word that it dropped batches on purpose, first to last.</summary>
public sealed record Tombstone(string Device, long Epoch, long First, long Last)
{
    public static IEnumerable<Tombstone> In(IEnumerable<Export> exports) => exports.SelectMany(e => e.Logs.Select(l => (Export: e, Log: l)))
        .Where(r => Export.Number(r.Log.Attributes, "edgeserve.dropped.first") >= 0)
        .Select(r => new Tombstone(
            r.Export.Id.Device,
            Export.Number(r.Log.Attributes, "edgeserve.dropped.epoch") is >= 0 and var epoch ? epoch : r.Export.Id.Epoch,
            Export.Number(r.Log.Attributes, "edgeserve.dropped.first"), Export.Number(r.Log.Attributes, "edgeserve.dropped.last")));

    public bool Covers(string device, long epoch, long sequence) => Device == device && Epoch == epoch && sequence >= First && sequence <= Last;
}
