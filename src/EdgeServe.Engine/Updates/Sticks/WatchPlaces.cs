namespace EdgeServe.Engine.Updates.Sticks;

/// <summary>The folders in which something of ours can appear: the media folder, or what there is of the way to it; each medium's root and our folder there.</summary>
internal static class WatchPlaces
{
    private const int Most = 200;

    public static List<string> For(string mediaDirectory)
    {
        string existing = Path.GetFullPath(mediaDirectory);
        while (!Directory.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
            existing = parent;
        var places = new List<string> { existing };
        if (!Directory.Exists(mediaDirectory))
            return places;
        try
        {
            foreach (string medium in Directory.EnumerateDirectories(mediaDirectory).Take(Most))
            {
                places.Add(medium);
                if (Medium.Look(medium)?.LayoutFolder is { } folder)
                    places.Add(Path.Combine(medium, folder));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It changes just now; the next signal brings another look.
        }

        return places;
    }
}
