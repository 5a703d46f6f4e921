namespace EdgeServe.Security;

/// <summary>The caller's key was revoked, or its time was over, while it waited.</summary>
internal sealed class KeyEndedException() : Exception("the key was revoked or has expired");
