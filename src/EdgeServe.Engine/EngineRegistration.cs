using EdgeServe.Engine.Audit;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Layout;
using EdgeServe.Engine.Bundles.Registry;
using EdgeServe.Engine.Bundles.Store;
using EdgeServe.Engine.Device;
using EdgeServe.Engine.Device.Governor;
using EdgeServe.Engine.Inference;
using EdgeServe.Engine.Jobs;
using EdgeServe.Engine.Models;
using EdgeServe.Engine.Models.Golden;
using EdgeServe.Engine.Sessions;
using EdgeServe.Engine.Storage;
using EdgeServe.Engine.Telemetry.Drift;
using EdgeServe.Engine.Telemetry.Series;
using EdgeServe.Engine.Updates;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Programs;
using EdgeServe.Engine.Updates.Sticks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EdgeServe.Engine;

/// <summary>The engine's parts, one line a folder.</summary>
public static class EngineRegistration
{
    public static IServiceCollection AddEngine(this IServiceCollection services, EngineOptions options) => services
        .AddSingleton(TimeProvider.System)
        .AddInference(options)
        .AddSessions(options)
        .AddModels(options);

    /// <summary>What lasts: the data directory, the box's clock and name, and the jobs.</summary>
    public static IServiceCollection AddJobs(this IServiceCollection services, DataDirectory data, JobOptions options) => services
        .AddSingleton(data)
        .AddSingleton(p => DeviceClock.Of(p.GetRequiredService<TimeProvider>(), p.GetRequiredService<DataDirectory>().Device))
        .AddSingleton(p => new ClockSetter(p.GetRequiredService<DeviceClock>(), () => p.GetRequiredService<UpdateRecords>().Trust.SignedTime, p.GetRequiredService<ILogger<ClockSetter>>()))
        .AddSingleton(p => new DeviceIdentity(p.GetRequiredService<DataDirectory>().Device))
        .AddSingleton(p => new JobStorage(
            p.GetRequiredService<DataDirectory>(), options, p.GetRequiredService<DeviceClock>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<JobStorage>>()))
        .AddSingleton(p => new JobService(p.GetRequiredService<JobStorage>(), options, p.GetRequiredService<DeviceClock>()))
        .AddSingleton(p => new JobRunner(
            p.GetRequiredService<InferenceEngine>(), p.GetRequiredService<JobStorage>(), options, p.GetRequiredService<DeviceClock>()))
        .AddHostedService(p => new JobWorker(
            p.GetRequiredService<JobStorage>(), p.GetRequiredService<JobService>(), p.GetRequiredService<JobRunner>(),
            p.GetRequiredService<DeviceClock>(), p.GetRequiredService<ILogger<JobWorker>>())
        {
            Governor = p.GetService<DeviceGovernor>(),
        })
        .AddHostedService(p => new JobUpkeep(
            p.GetRequiredService<JobStorage>(), p.GetRequiredService<JobService>(), p.GetRequiredService<JobRunner>(), p.GetRequiredService<DeviceClock>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<JobUpkeep>>()));

    /// <summary>Who did what. Needs jobs; first of what runs, so that it ends last.</summary>
    internal static IServiceCollection AddAudit(this IServiceCollection services) => services
        .AddSingleton<AuditLog>()
        .AddSingleton<ILoggerProvider, AuditListener>()
        .AddHostedService<AuditWriter>();

    /// <summary>Which fleet the box belongs to, and its own key.</summary>
    public static IServiceCollection AddEnrolment(this IServiceCollection services) => services
        .AddSingleton(p => new DeviceKey(p.GetRequiredService<DataDirectory>().Device))
        .AddSingleton(p => new DeviceEnrolment(p.GetRequiredService<DataDirectory>().Device, p.GetRequiredService<DeviceKey>()));

    /// <summary>The updater and what it needs. Needs jobs and enrolment.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="options">Probation, polling.</param>
    /// <param name="configured">Whom the configuration says to follow, for a box that was not enrolled; null: nobody.</param>
    /// <param name="registry">The registry the configuration names; null: the enrolment's.</param>
    internal static IServiceCollection AddUpdates(this IServiceCollection services, UpdateOptions options, UpdateTerms? configured, string? registry) => services
        .AddSingleton(options)
        .AddSingleton<IModelPins>(p => p.GetRequiredService<JobService>())
        .AddSingleton(p => new TermsInForce(p.GetRequiredService<DeviceEnrolment>(), configured, registry))
        .AddSingleton(p => new ContentStore(p.GetRequiredService<DataDirectory>().Store, p.GetRequiredService<DataDirectory>().Ingest, options.ReserveBytes))
        .AddSingleton(p => new ActiveSets(p.GetRequiredService<DataDirectory>().Active, p.GetRequiredService<ContentStore>()))
        .AddSingleton<SetContent>()
        .AddSingleton(p => new UpdateRecords(p.GetRequiredService<DataDirectory>().Device, p.GetRequiredService<DeviceClock>(), p.GetRequiredService<ILogger<UpdateRecords>>()))
        .AddSingleton(p => new SmokeTest(new GoldenRunner(p.GetRequiredService<InferenceEngine>(), p.GetRequiredService<TimeProvider>()), p.GetRequiredService<ModelCatalog>().MemoryBudgetBytes))
        .AddSingleton<SetSwitch>()
        .AddSingleton<Probation>()
        .AddSingleton<UpdateStart>()
        .AddSingleton<UpdateCollector>()
        .AddSingleton(p => new Updater(
            p.GetRequiredService<TermsInForce>(), p.GetRequiredService<SetContent>(), p.GetRequiredService<ActiveSets>(), p.GetRequiredService<SetSwitch>(), p.GetRequiredService<UpdateRecords>(), options)
        {
            Program = p.GetService<ProgramUpdate>(),
        })
        .AddSingleton<IUpdateOffers>(p => p.GetRequiredService<Updater>())
        .AddSingleton(p => new PollBackoff(p.GetRequiredService<DataDirectory>().Device, p.GetRequiredService<DeviceClock>(), options.PollInterval))
        .AddSingleton(p => new RegistryPoller(
            p.GetRequiredService<TermsInForce>(), p.GetRequiredService<Updater>(), p.GetRequiredService<UpdateRecords>(), p.GetRequiredService<PollBackoff>(),
            p.GetRequiredService<Func<string, IContentSource>>(), p.GetRequiredService<LinkBudget>(), p.GetRequiredService<TimeProvider>())
        {
            Deferred = Deferred(p),
        })
        .AddHostedService(p => p.GetRequiredService<RegistryPoller>())
        .AddHostedService<UpdateWorker>()
        .AddHostedService(p => new StoreScrub(p.GetRequiredService<ContentStore>(), p.GetRequiredService<UpdateRecords>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<StoreScrub>>())
        {
            Deferred = Deferred(p),
        });

    /// <summary>Who watches the device and spares it. Needs jobs.</summary>
    public static IServiceCollection AddGovernor(this IServiceCollection services, GovernorOptions options) => services
        .AddSingleton(p => new DeviceReader(
            p.GetRequiredService<SystemFiles>(), p.GetRequiredService<MachineMemory>(), options, p.GetRequiredService<DataDirectory>().Path, p.GetRequiredService<TimeProvider>()))
        .AddSingleton(options)
        .AddSingleton(p => new DeviceGovernor(
            p.GetRequiredService<DeviceReader>(), p.GetRequiredService<RunThrottle>(), p.GetRequiredService<ModelCatalog>(), options,
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<DeviceGovernor>>()))
        .AddHostedService(p => p.GetRequiredService<DeviceGovernor>());

    /// <summary>Newer programs, which root's helper installs. Needs updates.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="options">Where root is found; without a folder nothing is added.</param>
    public static IServiceCollection AddPrograms(this IServiceCollection services, ProgramOptions options) => options.Directory.Length == 0 ? services : services
        .AddSingleton(p => new ProgramUpdate(options, p.GetRequiredService<DataDirectory>(), p.GetRequiredService<ContentStore>(), p.GetRequiredService<ILogger<ProgramUpdate>>()))
        .AddHostedService<ProgramWatch>();

    /// <summary>The registry and what the link to it may carry. Needs jobs.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="access">Credentials, asked for at every look.</param>
    /// <param name="bytesPerSecond">0: as fast as it goes.</param>
    /// <param name="bytesPerDay">0: as much as it takes.</param>
    public static IServiceCollection AddRegistry(this IServiceCollection services, Func<RegistryOptions> access, long bytesPerSecond, long bytesPerDay) => services
        .AddSingleton(p =>
        {
            var clock = p.GetRequiredService<DeviceClock>();
            return new LinkBudget(p.GetRequiredService<TimeProvider>(), () => clock.Now, new DoubledFile(Path.Combine(p.GetRequiredService<DataDirectory>().Device, "link")), bytesPerSecond, bytesPerDay);
        })
        .AddSingleton<Func<string, IContentSource>>(p => registry =>
        {
            var now = access();
            return new RegistryClient(RegistryReference.Parse(registry, now.Insecure), now, p.GetRequiredService<LinkBudget>(), p.GetRequiredService<TimeProvider>());
        });

    /// <summary>What is plugged in. Needs enrolment and somebody who takes offers.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="options">Where media appear.</param>
    /// <param name="program">This program's version, for the report.</param>
    public static IServiceCollection AddSticks(this IServiceCollection services, StickOptions options, string program) => services
        .AddSingleton(p => new StickIdentity(p.GetRequiredService<DeviceIdentity>(), p.GetRequiredService<DeviceClock>(), options, program) { Audit = () => p.GetRequiredService<AuditLog>().Head })
        .AddSingleton(p => new StickVisit(
            options, p.GetRequiredService<DeviceEnrolment>(), p.GetRequiredService<IUpdateOffers>(), p.GetRequiredService<StickIdentity>(),
            ImageLayout.Open, p.GetRequiredService<ILogger<StickVisit>>())
        {
            Cargo = p.GetService<IStickCargo>(),
            Card = p.GetService<IFirstTabletCard>(),
        })
        .AddSingleton(p => new MediaWatcher(
            options, p.GetRequiredService<DeviceEnrolment>(), p.GetRequiredService<StickVisit>(),
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<MediaWatcher>>()))
        .AddHostedService(p => p.GetRequiredService<MediaWatcher>());

    /// <summary>Drift and the last hours' series. Needs jobs.</summary>
    /// <param name="services">The host's.</param>
    /// <param name="watchDrift">Count what models get and answer?</param>
    public static IServiceCollection AddLocalTelemetry(this IServiceCollection services, bool watchDrift) => services
        .AddSingleton(p => new DriftMonitor(
            p.GetRequiredService<ModelCatalog>(), p.GetRequiredService<DataDirectory>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<DriftMonitor>>(), watchDrift))
        .AddHostedService(p => p.GetRequiredService<DriftMonitor>())
        .AddSingleton(p => new SeriesRecorder(
            p.GetRequiredService<DataDirectory>(), p.GetRequiredService<DeviceClock>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<SeriesRecorder>>()))
        .AddHostedService(p => p.GetRequiredService<SeriesRecorder>());

    private static Func<bool> Deferred(IServiceProvider services)
    {
        var governor = services.GetService<DeviceGovernor>();
        return () => governor is { DefersUpdates: true };
    }

    private static IServiceCollection AddInference(this IServiceCollection services, EngineOptions options) => services
        .AddSingleton(_ => new TensorMemoryPool(options.MaxBytesInFlight))
        .AddSingleton(options.Scheduler.Throttle)
        .AddSingleton<InferenceEngine>()
        .AddHostedService<IdleMemory>();

    private static IServiceCollection AddSessions(this IServiceCollection services, EngineOptions options)
    {
        // Before anything can ask the library a question.
        EngineLibrary.Use(options.EngineLibrary);
        return services
            .AddSingleton(_ => new OptimizedGraphCache(options.CacheDirectory))
            .AddSingleton<ISessionFactory>(p => new OnnxSessionFactory(
                p.GetRequiredService<TensorMemoryPool>(), p.GetRequiredService<OptimizedGraphCache>(), p.GetRequiredService<ILogger<OnnxSessionFactory>>())
            {
                DeviceProviders = options.Providers,
            });
    }

    private static IServiceCollection AddModels(this IServiceCollection services, EngineOptions options) => services
        .AddSingleton(_ => new SystemFiles(options.SystemRoot))
        .AddSingleton<MachineMemory>()
        .AddSingleton(_ => new ModelRepository(Path.GetFullPath(options.ModelDirectory)))
        .AddSingleton(p => new ModelLoader(
            p.GetRequiredService<ISessionFactory>(), p.GetRequiredService<TensorMemoryPool>(), options.Scheduler,
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ModelLoader>>())
        {
            Tuning = new DeviceTuning(options.TuningDirectory, p.GetRequiredService<ILogger<DeviceTuning>>()),
        })
        .AddSingleton(p => new ModelCatalog(
            p.GetRequiredService<ModelRepository>(), p.GetRequiredService<ModelLoader>(), options.Catalog with { Memory = p.GetRequiredService<MachineMemory>() },
            p.GetRequiredService<TimeProvider>(), p.GetRequiredService<ILogger<ModelCatalog>>()));
}
