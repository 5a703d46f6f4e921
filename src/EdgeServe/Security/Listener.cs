using Microsoft.AspNetCore.Connections;

namespace EdgeServe.Security;

/// <summary>The way a connection came in. It is the listener's word, not the address's: what a packet says of itself proves nothing.</summary>
internal sealed class Listener
{
    /// <summary>Only programs on the box reach it.</summary>
    public static readonly Listener Loopback = new();

    /// <summary>The control socket: only the service's user and group reach it.</summary>
    public static readonly Listener Control = new();

    /// <summary>Anybody on the network reaches it.</summary>
    public static readonly Listener Network = new();

    /// <summary>Anybody on the network reaches it, and gets one page.</summary>
    public static readonly Listener TrustPage = new();

    private Listener()
    {
    }

    /// <summary>A connection whose listener nobody named is the network's.</summary>
    public static Listener Of(HttpContext context) => context.Features.Get<Listener>() ?? Network;

    /// <summary>Marks what comes in here.</summary>
    public ConnectionDelegate Mark(ConnectionDelegate next) => connection =>
    {
        connection.Features.Set(this);
        connection.Features.Set(new RecentKey());
        return next(connection);
    };
}
