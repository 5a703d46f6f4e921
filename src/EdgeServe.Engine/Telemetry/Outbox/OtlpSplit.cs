namespace EdgeServe.Engine.Telemetry.Outbox;

/// <summary>Cuts a serialised request into two with about half of the items each, down to single log records, metrics and spans.</summary>
internal static class OtlpSplit
{
    /// <returns>How many log records, metrics or spans are in it; -1 when it is no request.</returns>
    public static int Count(ReadOnlySpan<byte> request)
    {
        int items = 0;
        var resources = new ProtoReader(request);
        while (resources.Next(out var resource))
        {
            var scopes = new ProtoReader(resource.Content);
            while (resource.IsMessage(OtlpNames.RequestResources) && scopes.Next(out var scope))
            {
                var inner = new ProtoReader(scope.Content);
                while (scope.IsMessage(OtlpNames.ScopesOfItems) && inner.Next(out var item))
                    items += item.IsMessage(OtlpNames.ScopeItems) ? 1 : 0;
                if (inner.IsBroken)
                    return -1;
            }

            if (scopes.IsBroken || !resource.IsMessage(OtlpNames.RequestResources))
                return -1;
        }

        return resources.IsBroken ? -1 : items;
    }

    /// <returns>Two pieces in order; null when it cannot be cut: it holds one item, or is no request.</returns>
    public static (OutboxPiece First, OutboxPiece Second)? Halve(ReadOnlySpan<byte> request)
    {
        int items = Count(request);
        if (items < 2)
            return null;
        int half = items / 2;
        return (new OutboxPiece(half, Cut(request, 0, half)), new OutboxPiece(items - half, Cut(request, half, items)));
    }

    /// <summary>The items from one number to before another, inside their own resources and scopes; empty ones are left out.</summary>
    private static byte[] Cut(ReadOnlySpan<byte> request, int from, int to)
    {
        var output = new ProtoWriter();
        int number = 0;
        var resources = new ProtoReader(request);
        while (resources.Next(out var resource))
        {
            int before = output.Length;
            int items = output.Begin(OtlpNames.RequestResources);
            bool any = false;
            var scopes = new ProtoReader(resource.Content);
            while (scopes.Next(out var scope))
            {
                if (scope.IsMessage(OtlpNames.ScopesOfItems))
                    any |= CutScope(scope.Content, from, to, ref number, output);
                else
                    output.Verbatim(scope.Whole);
            }

            output.End(items);
            if (!any)
                output.Truncate(before);
        }

        return output.ToArray();
    }

    private static bool CutScope(ReadOnlySpan<byte> scope, int from, int to, ref int number, ProtoWriter output)
    {
        int before = output.Length;
        int message = output.Begin(OtlpNames.ScopesOfItems);
        bool any = false;
        var fields = new ProtoReader(scope);
        while (fields.Next(out var field))
        {
            bool item = field.IsMessage(OtlpNames.ScopeItems);
            if (!item || (number >= from && number < to))
                output.Verbatim(field.Whole);
            any |= item && number >= from && number < to;
            number += item ? 1 : 0;
        }

        output.End(message);
        if (!any)
            output.Truncate(before);
        return any;
    }
}
