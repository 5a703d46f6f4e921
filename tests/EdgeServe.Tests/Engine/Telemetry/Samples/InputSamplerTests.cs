using EdgeServe.Engine;
using EdgeServe.Engine.Telemetry;
using EdgeServe.Engine.Telemetry.Outbox;
using EdgeServe.Engine.Telemetry.Samples;
using EdgeServe.Tests.Engine.Telemetry.Outbox;
using Microsoft.Extensions.DependencyInjection;

namespace EdgeServe.Tests.Engine.Telemetry.Samples;

/// <summary>Inputs leave only when definition, operator and key agree, and only sealed.</summary>
public sealed class InputSamplerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Without_the_operator_there_is_nobody_who_looks(bool agrees, bool looks) =>
        Assert.Equal(looks, new ServiceCollection().AddTelemetry(new TelemetryOptions { SampleInputs = agrees }, new OutboxOptions()).Any(s => s.ServiceType == typeof(InputSampler)));

    [Fact]
    public async Task One_in_n_requests_is_kept_and_head_office_opens_the_very_request()
    {
        await using var box = await SampledBox.StartAsync(oneIn: 3);
        // As many samples as may wait at a time: none of them is skipped.
        const int Requests = 3 * InputSampler.MaxWaiting;
        for (int i = 0; i < Requests; i++)
            await box.SendAsync(SampledBox.Asks, SampledBox.Row(i), $"request {i} \"é");
        var samples = await box.SamplesAsync();
        Assert.Equal(InputSampler.MaxWaiting, samples.Count);
        int first = Array.FindIndex([.. Enumerable.Range(0, 3)], i => SampledBox.Row(i).AsSpan().SequenceEqual(samples[0].Tensor));
        for (int s = 0; s < samples.Count; s++)
        {
            int sent = first + (3 * s);
            Assert.Equal(SampledBox.Row(sent), samples[s].Tensor);
            Assert.Equal($"request {sent} \"é", samples[s].Id);
            Assert.Equal(
                ("asks", "1", 64, "3", "1", 64),
                (samples[s].Attributes["edgeserve.model.name"], samples[s].Attributes["edgeserve.model.version"], samples[s].Attributes["edgeserve.model.digest"].Length,
                    samples[s].Attributes["edgeserve.sample.one_in"], samples[s].Attributes["edgeserve.rows"], samples[s].Attributes["edgeserve.sample.key"].Length));
            Assert.Contains("edgeserve.clock.device_ms", samples[s].Attributes.Keys);
        }

        for (int i = 0; i < Requests; i++)
            Assert.Empty(box.FilesWith(SampledBox.Row(i)[..16]));
        Assert.NotEmpty(box.FilesWith("SQLite format 3"u8.ToArray()));
        Assert.Single(box.Said, s => s.Id == 7402 && s.Text.Contains("one in 3 requests of asks", StringComparison.Ordinal));
        Assert.DoesNotContain(box.Said, s => s.Id is 7401 or 7403 or 7404);
    }

    [Fact]
    public async Task Texts_are_kept_as_they_travel_and_not_in_any_file()
    {
        await using var box = await SampledBox.StartAsync(oneIn: 1);
        byte[] text = [26, 0, 0, 0, .. "a name that is nobody else"u8];
        await box.SendAsync(SampledBox.Texts, text);
        Assert.Equal(text, Assert.Single(await box.SamplesAsync()).Tensor);
        Assert.Empty(box.FilesWith("nobody else"u8.ToArray()));
    }

    [Fact]
    public async Task A_model_that_does_not_ask_and_a_trial_are_never_sampled()
    {
        await using var box = await SampledBox.StartAsync(oneIn: 1);
        for (int i = 0; i < 5; i++)
        {
            await box.SendAsync(SampledBox.Silent, SampledBox.Row(i));
            await box.SendAsync(SampledBox.Asks, SampledBox.Row(i), trial: true);
        }

        Assert.Empty(await box.SamplesAsync());
        Assert.All(Enum.GetValues<SampleOutcome>(), o => Assert.Equal(0, box.Sampler.Counts[o]));
        Assert.True(box.Sampler.IsAsked);
    }

    [Fact]
    public async Task Without_a_key_nothing_is_kept_and_the_log_says_why_once_until_there_is_one()
    {
        await using var box = await SampledBox.StartAsync(oneIn: 1, key: false);
        for (int i = 0; i < 3; i++)
            await box.SendAsync(SampledBox.Asks, SampledBox.Row(i));
        Assert.False(box.Sampler.HasKey);
        Assert.Equal((3, 0), (box.Sampler.Counts[SampleOutcome.NoKey], box.Sampler.Counts[SampleOutcome.Taken]));
        Assert.Contains("no key of head office", Assert.Single(box.Said, s => s.Id == 7401).Text, StringComparison.Ordinal);
        box.Enrol();
        await box.SendAsync(SampledBox.Asks, SampledBox.Row(9));
        Assert.Equal(SampledBox.Row(9), Assert.Single(await box.SamplesAsync()).Tensor);
        Assert.Empty(box.FilesWith(SampledBox.Row(0)[..16]));
    }

    [Fact]
    public async Task A_day_has_its_samples_and_no_more_over_restarts_until_the_next()
    {
        await using var box = await SampledBox.StartAsync(oneIn: 1, perDay: 3);
        await box.SendAsync(SampledBox.Asks, SampledBox.Row(1));
        await box.SendAsync(SampledBox.Asks, SampledBox.Row(2));
        await box.RestartAsync();
        Assert.Equal(1, box.Sampler.LeftToday);
        for (int i = 3; i < 6; i++)
            await box.SendAsync(SampledBox.Asks, SampledBox.Row(i));
        Assert.Equal((0, 2), (box.Sampler.LeftToday, box.Sampler.Counts[SampleOutcome.DaySpent]));
        box.Time.Advance(TimeSpan.FromHours(25));
        await box.SendAsync(SampledBox.Asks, SampledBox.Row(6));
        var samples = await box.SamplesAsync();
        Assert.Equal([SampledBox.Row(1), SampledBox.Row(2), SampledBox.Row(3), SampledBox.Row(6)], samples.Select(s => s.Tensor));
    }

    [Fact]
    public async Task What_is_too_large_or_comes_too_fast_is_counted_and_answered_all_the_same()
    {
        await using var box = new SampledBox(oneIn: 1);
        await box.LoadAsync();
        await box.SendAsync(SampledBox.Asks, SampledBox.Row(0, (1 << 18) + 1));
        await box.SendAsync(SampledBox.Asks, SampledBox.Row(0, 1 << 18));
        Assert.Equal(2, box.Sampler.Counts[SampleOutcome.TooLarge]);
        // Nobody seals yet.
        for (int i = 0; i < InputSampler.MaxWaiting + 2; i++)
            await box.SendAsync(SampledBox.Asks, SampledBox.Row(i));
        Assert.Equal(2, box.Sampler.Counts[SampleOutcome.Busy]);
        await box.Sampler.StartAsync(Stop);
        Assert.Equal(InputSampler.MaxWaiting, (await box.SamplesAsync()).Count);
        Assert.Equal(InputSampler.MaxWaiting, box.Sampler.Counts[SampleOutcome.Taken]);
        // Refused ones cost nothing of the day.
        Assert.Equal(box.PerDay - InputSampler.MaxWaiting, box.Sampler.LeftToday);
    }

    [Fact]
    public async Task Records_that_fill_half_of_the_outbox_leave_no_room_for_samples()
    {
        await using var box = await SampledBox.StartAsync(oneIn: 1);
        Assert.True(box.Outbox.Add(TelemetryClass.Record, OtlpSignal.Logs, 1, OutboxBox.Request(Convert.ToBase64String(SampledBox.Row(1, 200_000)))));
        await box.Outbox.FlushAsync();
        await box.SendAsync(SampledBox.Asks, SampledBox.Row(2));
        Assert.Equal((1, 0), (box.Sampler.Counts[SampleOutcome.OutboxFull], box.Sampler.Counts[SampleOutcome.Taken]));
    }
}
