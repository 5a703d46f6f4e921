using System.Net;

namespace EdgeServe.Security;

/// <summary>A Host that was the server's, on a connection to that address of the box.</summary>
internal sealed record PassedHost(string Host, IPAddress? Local);
