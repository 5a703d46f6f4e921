using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Bundles.Registry;
using Microsoft.Extensions.Hosting;

namespace EdgeServe.Engine.Updates;

/// <summary>
/// Looks into the registry every so often, a little earlier or later each time so that a fleet does not come at once.
/// After failures it waits longer and longer, over restarts too.
/// </summary>
internal sealed class RegistryPoller(TermsInForce terms, Updater updater, UpdateRecords records, PollBackoff backoff, Func<string, IContentSource> open, LinkBudget budget, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan StartSpread = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _enrolled = new(0, 1);

    /// <summary>Does the device have to be spared? Whoever stands before it and asks is not kept waiting.</summary>
    public Func<bool> Deferred { get; init; } = static () => false;

    /// <summary>Looks now, whatever the back-off says.</summary>
    /// <exception cref="BundleException">Refused, or there is no registry to look into.</exception>
    public async Task<OfferResult> NowAsync(CancellationToken cancellation)
    {
        string registry = terms.Require().Registry
            ?? throw new BundleException(BundleError.NotFound, "no registry is configured: this device takes its updates from sticks and files", "Set Updates:Registry, or bring a stick.");
        return await AskAsync(registry, asked: true, cancellation);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        terms.Changed += Wake;
        try
        {
            await Task.Delay(StartSpread * Random.Shared.NextDouble(), time, stoppingToken);
            while (true)
            {
                if (Registry() is { } registry && !records.Journal.State.Held && !Deferred())
                {
                    if (backoff.Left is { Ticks: > 0 } left)
                        await _enrolled.WaitAsync(left, stoppingToken);
                    else
                        await TryAsync(registry, stoppingToken);
                }
                else
                {
                    await _enrolled.WaitAsync(TimeSpan.FromMinutes(1), stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was fetched stays for the next start.
        }
        finally
        {
            terms.Changed -= Wake;
            Save();
        }
    }

    private void Save()
    {
        try
        {
            budget.Save();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The day's count loses at most its last megabyte.
        }
    }

    private async Task TryAsync(string registry, CancellationToken cancellation)
    {
        try
        {
            await AskAsync(registry, asked: false, cancellation);
        }
        catch (BundleException)
        {
            // In the log, in the history and in the back-off.
        }
    }

    private async Task<OfferResult> AskAsync(string registry, bool asked, CancellationToken cancellation)
    {
        double jitter = 0.9 + (Random.Shared.NextDouble() * 0.2);
        try
        {
            var source = open(registry);
            using var owned = source as IDisposable;
            var result = await updater.OfferAsync(source, null, asked, yields: true, cancellation);
            backoff.Succeeded(jitter);
            return result;
        }
        catch (BundleException e) when (e.Error is BundleError.SourceUnavailable or BundleError.CaptivePortal or BundleError.Unauthorized or BundleError.BudgetSpent
            or BundleError.DigestMismatch or BundleError.SizeMismatch or BundleError.Incomplete or BundleError.DiskFull or BundleError.StorageBroken)
        {
            backoff.Failed(jitter);
            throw;
        }
        catch (BundleException)
        {
            // The answer was clear; it will be the same in a minute.
            backoff.Succeeded(jitter);
            throw;
        }
    }

    private string? Registry()
    {
        try
        {
            return terms.Current?.Registry;
        }
        catch (BundleException)
        {
            return null;
        }
    }

    private void Wake()
    {
        if (_enrolled.CurrentCount == 0)
            _enrolled.Release();
    }
}
