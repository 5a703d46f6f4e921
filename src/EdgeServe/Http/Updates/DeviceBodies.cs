namespace EdgeServe.Http.Updates;

/// <param name="Fingerprint">SHA-256 of the SubjectPublicKeyInfo, 64 hexadecimal digits.</param>
internal sealed record PublicKeyBody(string Fingerprint, string? Pem = null);

/// <summary>Who the box is and whom it follows. Public things only.</summary>
/// <param name="Enrolled">True as well when the terms are damaged.</param>
/// <param name="Trouble">Why the terms cannot be read.</param>
/// <param name="Key">The box's own.</param>
internal sealed record DeviceBody(
    string? Id, string Name, bool Enrolled, string? Trouble, PublicKeyBody? Key, string? Channel, string? DeviceClass, string? Registry,
    int? Threshold, PublicKeyBody[]? TrustedKeys, PublicKeyBody? TelemetryKey, PublicKeyBody? AcknowledgementKey);

/// <param name="State">waiting, reading, copying, trying, carrying, reporting, done, refused or ignored.</param>
/// <param name="Code">Why it was refused, in snake_case.</param>
/// <param name="Tone">good, working, attention or refused.</param>
internal sealed record MediumBody(
    string Name, string State, bool MayBePulled, long? Release, long Bytes, long TotalBytes, string? Code,
    string Tone, string Title, string Text, string Next, bool ReportWritten, CargoBody? Telemetry);

/// <summary>What the stick carries to head office, in words for the carrier.</summary>
/// <param name="Code">What kept telemetry from it, or its acknowledgement from being believed, in snake_case.</param>
internal sealed record CargoBody(string Tone, string Title, string Text, string Next, string? Code);

/// <param name="Media">By name.</param>
internal sealed record MediaBody(MediumBody[] Media);

/// <param name="Ejected">Names of the media that may be pulled.</param>
/// <param name="Problems">A sentence for each that may not.</param>
internal sealed record EjectedMediaBody(string[] Ejected, string[] Problems);
