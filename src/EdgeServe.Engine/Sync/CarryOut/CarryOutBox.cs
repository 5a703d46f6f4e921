using EdgeServe.Engine.Device;
using EdgeServe.Engine.Updates.Enrolment;

namespace EdgeServe.Engine.Sync.CarryOut;

/// <summary>The box that hands telemetry out: its name, its key, its clocks, whom it belongs to, what it remembers.</summary>
internal sealed record CarryOutBox(DeviceIdentity Identity, DeviceKey Key, DeviceEnrolment Enrolment, DeviceClock Clock, CarryOutRecord Record);
