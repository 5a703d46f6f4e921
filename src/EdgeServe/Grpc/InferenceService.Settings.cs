using EdgeServe.Engine.Inference;
using EdgeServe.Grpc.Wire;
using EdgeServe.Http.Oip;
using Grpc.Core;

namespace EdgeServe.Grpc;

/// <summary>Shared memory, which there is none of, and settings, which configuration decides.</summary>
internal sealed partial class InferenceService
{
    public override Task<SystemSharedMemoryStatusResponse> SystemSharedMemoryStatus(SystemSharedMemoryStatusRequest request, ServerCallContext context) =>
        Task.FromResult(new SystemSharedMemoryStatusResponse());

    public override Task<SystemSharedMemoryUnregisterResponse> SystemSharedMemoryUnregister(SystemSharedMemoryUnregisterRequest request, ServerCallContext context) =>
        Task.FromResult(new SystemSharedMemoryUnregisterResponse());

    public override Task<SystemSharedMemoryRegisterResponse> SystemSharedMemoryRegister(SystemSharedMemoryRegisterRequest request, ServerCallContext context) =>
        throw ServingException.Invalid(SettingsEndpoints.NoSharedMemory("system"));

    public override Task<CudaSharedMemoryStatusResponse> CudaSharedMemoryStatus(CudaSharedMemoryStatusRequest request, ServerCallContext context) =>
        Task.FromResult(new CudaSharedMemoryStatusResponse());

    public override Task<CudaSharedMemoryUnregisterResponse> CudaSharedMemoryUnregister(CudaSharedMemoryUnregisterRequest request, ServerCallContext context) =>
        Task.FromResult(new CudaSharedMemoryUnregisterResponse());

    public override Task<CudaSharedMemoryRegisterResponse> CudaSharedMemoryRegister(CudaSharedMemoryRegisterRequest request, ServerCallContext context) =>
        throw ServingException.Invalid(SettingsEndpoints.NoSharedMemory("CUDA"));

    public override Task<TraceSettingResponse> TraceSetting(TraceSettingRequest request, ServerCallContext context)
    {
        var response = new TraceSettingResponse();
        foreach (var (key, values) in SettingsEndpoints.TraceSettings)
            response.Settings[key] = new TraceSettingResponse.Types.SettingValue { Value = { values } };
        return Task.FromResult(response);
    }

    public override Task<LogSettingsResponse> LogSettings(LogSettingsRequest request, ServerCallContext context)
    {
        var response = new LogSettingsResponse();
        foreach (string level in new[] { "log_info", "log_warning", "log_error" })
            response.Settings[level] = new LogSettingsResponse.Types.SettingValue { BoolParam = true };
        response.Settings["log_file"] = new LogSettingsResponse.Types.SettingValue { StringParam = "" };
        response.Settings["log_format"] = new LogSettingsResponse.Types.SettingValue { StringParam = "default" };
        response.Settings["log_verbose_level"] = new LogSettingsResponse.Types.SettingValue { Uint32Param = 0 };
        return Task.FromResult(response);
    }
}
