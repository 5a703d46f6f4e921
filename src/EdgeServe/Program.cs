using EdgeServe.Cli;
using EdgeServe.Engine.Sessions;

// Before anything can touch the inference library: it reads this variable once, when it loads.
NativeEnvironment.DisableEngineTelemetry();
NativeEnvironment.LimitHeaps();
return await RootVerb.InvokeAsync(args);
