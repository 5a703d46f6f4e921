namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>
/// Rewrites the Resource of every Resource{Logs,Metrics,Spans} in a serialised request: one Resource, with what others
/// wrote into it and the stamp's own attributes. Everything else is copied byte for byte. Does not lean on how readers
/// merge repeated fields: what several Resource fields said is put into one, keys of the stamp appear once.
/// </summary>
internal static class ResourceStamp
{
    /// <returns>False when the bytes are no such request: nothing was written then.</returns>
    public static bool TryWrite(ReadOnlySpan<byte> request, BatchStamp stamp, ProtoWriter output)
    {
        int start = output.Length;
        var fields = new ProtoReader(request);
        while (fields.Next(out var field))
        {
            if (!field.IsMessage(OtlpNames.RequestResources))
                return Undo(output, start);
            int items = output.Begin(OtlpNames.RequestResources);
            if (!TryItems(field.Content, stamp, output))
                return Undo(output, start);
            output.End(items);
        }

        return !fields.IsBroken || Undo(output, start);
    }

    private static bool TryItems(ReadOnlySpan<byte> items, BatchStamp stamp, ProtoWriter output)
    {
        int resource = output.Begin(OtlpNames.ResourceOfItems);
        var fields = new ProtoReader(items);
        while (fields.Next(out var field))
        {
            if (field.Number == OtlpNames.ResourceOfItems && (field.WireType != 2 || !TryForeign(field.Content, output)))
                return false;
        }

        if (fields.IsBroken)
            return false;
        stamp.Write(output);
        output.End(resource);
        fields = new ProtoReader(items);
        while (fields.Next(out var field))
        {
            if (field.Number != OtlpNames.ResourceOfItems)
                output.Verbatim(field.Whole);
        }

        return true;
    }

    /// <summary>What a Resource says that the stamp does not say itself.</summary>
    private static bool TryForeign(ReadOnlySpan<byte> resource, ProtoWriter output)
    {
        var fields = new ProtoReader(resource);
        while (fields.Next(out var field))
        {
            bool owned = false;
            if (field.Number == OtlpNames.Attributes && (field.WireType != 2 || !TryOwned(field.Content, out owned)))
                return false;
            if (!owned)
                output.Verbatim(field.Whole);
        }

        return !fields.IsBroken;
    }

    private static bool TryOwned(ReadOnlySpan<byte> pair, out bool owned)
    {
        owned = false;
        var fields = new ProtoReader(pair);
        while (fields.Next(out var field))
        {
            if (field.Number == OtlpNames.Key)
                owned = BatchStamp.Owns(field.Content);
        }

        return !fields.IsBroken;
    }

    private static bool Undo(ProtoWriter output, int start)
    {
        output.Truncate(start);
        return false;
    }
}
