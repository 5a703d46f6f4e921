namespace EdgeServe.Engine.Device.Governor;

/// <param name="Zone">Its type, such as <c>cpu-thermal</c>.</param>
/// <param name="Celsius">Now.</param>
/// <param name="Careful">From here on the device is spared.</param>
/// <param name="Protective">From here on as far as it goes.</param>
public sealed record ThermalReading(string Zone, double Celsius, double Careful, double Protective);
