using EdgeServe.Bare;

// The yardsticks: the engine alone, and the smallest server that could be built around it.
NativeSettings.Apply();
return args switch
{
    ["engine", var model, var seconds] => BareEngine.Measure(model, double.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture)),
    ["http", var model, var url] => BareHttp.Serve(model, url),
    ["grpc", var model, var url] => BareGrpc.Serve(model, url),
    ["inserts", var directory, var seconds, var bytes] => BareInserts.Measure(directory, double.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture), int.Parse(bytes, System.Globalization.CultureInfo.InvariantCulture)),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("bare engine MODEL.onnx SECONDS | bare http MODEL.onnx URL | bare grpc MODEL.onnx URL | bare inserts DIR SECONDS REQUEST_BYTES");
    return 2;
}
