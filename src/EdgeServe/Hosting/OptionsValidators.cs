using Microsoft.Extensions.Options;

namespace EdgeServe.Hosting;

[OptionsValidator]
internal sealed partial class ServerOptionsValidator : IValidateOptions<ServerOptions>;

[OptionsValidator]
internal sealed partial class RepositoryOptionsValidator : IValidateOptions<RepositoryOptions>;

[OptionsValidator]
internal sealed partial class SchedulerSectionValidator : IValidateOptions<SchedulerSection>;

[OptionsValidator]
internal sealed partial class LimitsOptionsValidator : IValidateOptions<LimitsOptions>;

[OptionsValidator]
internal sealed partial class JobsSectionValidator : IValidateOptions<JobsSection>;

[OptionsValidator]
internal sealed partial class UpdatesSectionValidator : IValidateOptions<UpdatesSection>;

[OptionsValidator]
internal sealed partial class TelemetrySectionValidator : IValidateOptions<TelemetrySection>;

[OptionsValidator]
internal sealed partial class GovernorSectionValidator : IValidateOptions<GovernorSection>;

[OptionsValidator]
internal sealed partial class StorageSectionValidator : IValidateOptions<StorageSection>;

[OptionsValidator]
internal sealed partial class SecuritySectionValidator : IValidateOptions<SecuritySection>;

[OptionsValidator]
internal sealed partial class SyncSectionValidator : IValidateOptions<SyncSection>;

[OptionsValidator]
internal sealed partial class LightsSectionValidator : IValidateOptions<LightsSection>;
