using System.Text;
using EdgeServe.Engine.Bundles;
using EdgeServe.Engine.Updates.Enrolment;
using EdgeServe.Engine.Updates.Sticks;
using EdgeServe.Tests.Engine.Updates.Enrolment;

namespace EdgeServe.Tests.Engine.Updates.Sticks;

public sealed class MediaWatcherTests
{
    [Fact]
    public async Task A_stick_that_is_there_at_the_start_and_one_that_comes_later_are_both_taken()
    {
        await using var bench = new WatchBench();
        string first = bench.Plug("first", "7");
        await bench.StartAsync();
        var done = await bench.UntilAsync("first", MediumPhase.Done);
        Assert.True(done is { Release: 7, ReportWritten: true, MayBePulled: true, Text.Tone: CarrierTone.Good });
        Assert.Contains("release 7", File.ReadAllText(Path.Combine(first, "edgeserve", "status.html")), StringComparison.Ordinal);
        bench.Plug("second", "8");
        await bench.UntilAsync("second", MediumPhase.Done);
        Assert.Equal([7, 8], bench.Offers.Offered);
    }

    [Fact]
    public async Task A_media_folder_that_does_not_exist_yet_is_waited_for()
    {
        await using var bench = new WatchBench();
        await bench.StartAsync();
        bench.Plug("late", "7");
        await bench.UntilAsync("late", MediumPhase.Done);
    }

    [Fact]
    public async Task Of_two_sticks_the_higher_release_goes_first_and_the_other_is_green()
    {
        await using var bench = new WatchBench();
        bench.Plug("a", "7");
        bench.Plug("b", "9");
        bench.Plug("c", "8");
        await bench.StartAsync();
        var all = await bench.UntilAsync(m => m.Count == 3 && m.All(s => s.Phase == MediumPhase.Done));
        Assert.Equal([9], bench.Offers.Offered);
        Assert.All(all, m => Assert.Equal(CarrierTone.Good, m.Text.Tone));
        Assert.Equal(["Already newer", "Updated", "Already newer"], all.Select(m => m.Text.Title));
    }

    [Theory]
    [InlineData("-rf")]
    [InlineData("two words  and more")]
    [InlineData("--help")]
    [InlineData("'; rm -r $HOME; '")]
    [InlineData("<b>&amp;\"x\"")]
    [InlineData("Ünïcode 診療所")]
    public async Task Odd_labels_are_names_like_any_other(string label)
    {
        await using var bench = new WatchBench();
        string stick = bench.Plug(label, "7");
        await bench.StartAsync();
        await bench.UntilAsync(label, MediumPhase.Done);
        Assert.True(File.Exists(Path.Combine(stick, "edgeserve", "status.html")));
    }

    [Fact]
    public async Task A_label_with_line_ends_and_terminal_commands_is_shown_without_them()
    {
        await using var bench = new WatchBench();
        bench.Plug("x\n2026-11-23 info: forged\u001b[2J\u202e", "7");
        await bench.StartAsync();
        await bench.UntilAsync("x?2026-11-23 info: forged?[2J?", MediumPhase.Done);
    }

    [Fact]
    public async Task Names_in_capitals_are_found_as_FAT_writes_them()
    {
        await using var bench = new WatchBench();
        bench.Plug("FAT", "7", "EDGESERVE");
        await bench.StartAsync();
        await bench.UntilAsync("FAT", MediumPhase.Done);
        Assert.Equal([7], bench.Offers.Offered);
    }

    [Fact]
    public async Task A_foreign_stick_is_left_exactly_as_it_was()
    {
        await using var bench = new WatchBench();
        Directory.CreateDirectory(Path.Combine(bench.Media, "photos", "DCIM"));
        File.WriteAllText(Path.Combine(bench.Media, "photos", "edgeserve"), "a file, not a folder");
        Directory.CreateDirectory(Path.Combine(bench.Media, "empty mount point"));
        await bench.StartAsync();
        var state = await bench.UntilAsync("photos", MediumPhase.Ignored);
        Assert.False(state.ReportWritten);
        Assert.Equal(["DCIM", "edgeserve"], Directory.GetFileSystemEntries(Path.Combine(bench.Media, "photos")).Select(Path.GetFileName).Order());
        Assert.Single(bench.Watcher.Media);
    }

    [Fact]
    public async Task A_refused_stick_says_why_and_the_next_good_one_installs()
    {
        await using var bench = new WatchBench();
        string bad = bench.Plug("bad", nameof(BundleError.Unsigned));
        await bench.StartAsync();
        var refused = await bench.UntilAsync("bad", MediumPhase.Refused);
        Assert.Equal((BundleError.Unsigned, CarrierTone.Refused), (refused.Error, refused.Text.Tone));
        Assert.Contains("\"code\": \"unsigned\"", File.ReadAllText(Path.Combine(bad, "edgeserve", "status.json")), StringComparison.Ordinal);
        bench.Plug("good", "7");
        await bench.UntilAsync("good", MediumPhase.Done);
        Assert.Equal(7, bench.Offers.Release);
    }

    [Fact]
    public async Task A_stick_whose_content_changes_in_place_is_looked_at_again()
    {
        await using var bench = new WatchBench();
        string stick = bench.Plug("stick", "7");
        await bench.StartAsync();
        await bench.UntilAsync("stick", MediumPhase.Done);
        File.WriteAllText(Path.Combine(stick, "edgeserve", "index.json"), "12");
        await bench.UntilAsync(m => m.Any(s => s is { Release: 12, Phase: MediumPhase.Done }));
        Assert.Equal([7, 12], bench.Offers.Offered);
    }

    [Fact]
    public async Task Pulled_in_the_middle_and_put_in_again_it_goes_on_where_it_stopped()
    {
        const long size = 8 << 20;
        await using var bench = new WatchBench();
        var copying = new TaskCompletionSource();
        bench.Offers.AfterChunk = cancellation =>
        {
            if (bench.Offers.Kept < 3 << 20)
                return Task.CompletedTask;
            copying.TrySetResult();
            // As a read that hangs: only pulling the stick ends it.
            return Task.Delay(Timeout.Infinite, cancellation);
        };
        bench.Plug("stick", "7", blobBytes: size);
        await bench.StartAsync();
        await copying.Task;
        var state = await bench.UntilAsync("stick", MediumPhase.Copying);
        Assert.False(state.MayBePulled);
        Assert.Equal(size, state.TotalBytes);
        string aside = bench.Unplug("stick");
        await bench.UntilAsync(m => m.Count == 0);
        Assert.False(File.Exists(Path.Combine(aside, "edgeserve", "status.html")));
        bench.Offers.AfterChunk = null;
        Directory.Move(aside, Path.Combine(bench.Media, "stick"));
        await bench.UntilAsync("stick", MediumPhase.Done);
        Assert.Equal([7, 7], bench.Offers.Offered);
        Assert.Equal(7, bench.Offers.Release);
    }

    [Fact]
    public async Task Files_that_vanish_under_the_copy_are_a_stick_that_was_pulled()
    {
        await using var bench = new WatchBench();
        string stick = "";
        bench.Offers.AfterChunk = _ =>
        {
            File.Delete(Path.Combine(stick, "edgeserve", "blob"));
            return Task.CompletedTask;
        };
        stick = bench.Plug("stick", "7", blobBytes: 4 << 20);
        await bench.StartAsync();
        var state = await bench.UntilAsync("stick", MediumPhase.Refused);
        Assert.Equal(BundleError.SourceUnavailable, state.Error);
        Assert.Contains("Put the stick in again", state.Text.Next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_box_of_nobody_is_enrolled_by_the_stick_and_takes_its_update()
    {
        await using var bench = new WatchBench(enrolled: false);
        bench.Plug("stick", "7", enrolment: EnrolmentFile.Write(TestKeys.Terms()));
        await bench.StartAsync();
        await bench.UntilAsync("stick", MediumPhase.Done);
        Assert.Equal("clinic", bench.Enrolment.Require().Channel);
        Assert.Equal([7], bench.Offers.Offered);
    }

    [Fact]
    public async Task A_stick_never_enrols_a_box_that_belongs_to_somebody()
    {
        await using var bench = new WatchBench();
        bench.Plug("thief", "", enrolment: EnrolmentFile.Write(TestKeys.Terms("thief")));
        await bench.StartAsync();
        await bench.UntilAsync("thief", MediumPhase.Done);
        Assert.Equal("clinic", bench.Enrolment.Require().Channel);
    }

    [Fact]
    public async Task A_box_whose_configuration_names_a_channel_is_nobodys_to_take_and_takes_updates()
    {
        await using var bench = new WatchBench(enrolled: false);
        bench.Offers.Configured = "configured";
        string stick = bench.Plug("stick", "7", enrolment: EnrolmentFile.Write(TestKeys.Terms("thief")));
        await bench.StartAsync();
        await bench.UntilAsync("stick", MediumPhase.Done);
        Assert.False(bench.Enrolment.IsEnrolled);
        Assert.Equal([7], bench.Offers.Offered);
        Assert.Contains("channel configured", File.ReadAllText(Path.Combine(stick, "edgeserve", "status.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_box_told_not_to_be_enrolled_by_sticks_is_not()
    {
        await using var bench = new WatchBench(enrolled: false, enrolFromMedia: false);
        bench.Plug("stick", "7", enrolment: EnrolmentFile.Write(TestKeys.Terms()));
        await bench.StartAsync();
        Assert.Equal(BundleError.NotEnrolled, (await bench.UntilAsync("stick", MediumPhase.Refused)).Error);
        Assert.False(bench.Enrolment.IsEnrolled);
    }

    [Fact]
    public async Task A_bad_enrolment_file_says_so_and_enrolling_by_hand_takes_the_stick_up_again()
    {
        await using var bench = new WatchBench(enrolled: false);
        bench.Plug("stick", "7", enrolment: "{}"u8.ToArray());
        await bench.StartAsync();
        Assert.Equal(CarrierTexts.EnrolmentRefused, (await bench.UntilAsync("stick", MediumPhase.Refused)).Text);
        bench.Enrolment.Enrol(EnrolmentFile.Write(TestKeys.Terms()), replace: false);
        await bench.UntilAsync("stick", MediumPhase.Done);
    }

    [Theory]
    [InlineData("link")]
    [InlineData("pipe")]
    [InlineData("sparse")]
    [InlineData("folder")]
    public async Task A_hostile_enrolment_file_neither_hangs_nor_leads_anywhere(string kind)
    {
        await using var bench = new WatchBench(enrolled: false);
        File.WriteAllBytes(bench.Elsewhere("target"), EnrolmentFile.Write(TestKeys.Terms()));
        string stick = bench.Plug("stick", "7");
        string file = Path.Combine(stick, EnrolmentFile.Name);
        switch (kind)
        {
            case "link": File.CreateSymbolicLink(file, bench.Elsewhere("target")); break;
            case "pipe": WatchBench.Run("mkfifo", [file]); break;
            case "folder": Directory.CreateDirectory(file); break;
            default:
                using (var sparse = File.Create(file))
                    sparse.SetLength(5L << 30);
                break;
        }

        await bench.StartAsync();
        await bench.UntilAsync("stick", MediumPhase.Refused);
        Assert.False(bench.Enrolment.IsEnrolled);
    }

    [Fact]
    public async Task A_medium_that_is_a_link_is_no_medium_and_a_layout_that_is_a_link_is_none()
    {
        await using var bench = new WatchBench();
        Directory.CreateDirectory(bench.Media);
        WatchBench.Fill(Directory.CreateDirectory(bench.Elsewhere("outside")).FullName, "99");
        Directory.CreateSymbolicLink(Path.Combine(bench.Media, "link"), bench.Elsewhere("outside"));
        Directory.CreateDirectory(Path.Combine(bench.Media, "stick"));
        Directory.CreateSymbolicLink(Path.Combine(bench.Media, "stick", "edgeserve"), Path.Combine(bench.Elsewhere("outside"), "edgeserve"));
        await bench.StartAsync();
        await bench.UntilAsync("stick", MediumPhase.Ignored);
        Assert.Single(bench.Watcher.Media);
        Assert.Empty(bench.Offers.Offered);
        Assert.False(File.Exists(Path.Combine(bench.Elsewhere("outside"), "edgeserve", "status.html")));
    }

    [Fact]
    public async Task Mounts_are_seen_as_they_come_and_go()
    {
        Assert.SkipWhen(WatchBench.NoMounts is not null, WatchBench.NoMounts ?? "");
        await using var bench = new WatchBench();
        await bench.StartAsync();
        string[] names = ["one", "two", "three", "four", "five"];
        for (int i = 0; i < names.Length; i++)
        {
            string content = Directory.CreateDirectory(bench.Elsewhere($"disk{i}")).FullName;
            WatchBench.Fill(content, (20 + i).ToString(System.Globalization.CultureInfo.InvariantCulture));
            bench.Mount(names[i], "--bind", content);
        }

        await bench.UntilAsync(m => m.Count == names.Length && m.All(s => s.Phase == MediumPhase.Done));
        Assert.Equal(24, bench.Offers.Release);
        foreach (string name in names)
            bench.Unmount(name);
        await bench.UntilAsync(m => m.Count == 0);
    }

    [Fact]
    public async Task A_read_only_stick_and_a_full_one_update_the_box_and_get_no_report()
    {
        Assert.SkipWhen(WatchBench.NoMounts is not null, WatchBench.NoMounts ?? "");
        await using var bench = new WatchBench();
        bench.Mount("full", "-t", "tmpfs", "-o", "size=64k", "stick");
        bench.Mount("locked", "-t", "tmpfs", "-o", "size=1m", "stick");
        WatchBench.Fill(Path.Combine(bench.Media, "full"), "7", blobBytes: 0);
        WatchBench.FillUp(Path.Combine(bench.Media, "full", "filler"));
        WatchBench.Fill(Path.Combine(bench.Media, "locked"), "8");
        WatchBench.Run("mount", ["-o", "remount,ro", Path.Combine(bench.Media, "locked")]);
        await bench.StartAsync();
        var all = await bench.UntilAsync(m => m.Count == 2 && m.All(s => s.Phase == MediumPhase.Done));
        Assert.All(all, m => Assert.False(m.ReportWritten));
        Assert.Equal(8, bench.Offers.Release);
        Assert.Equal(["index.json"], Directory.GetFileSystemEntries(Path.Combine(bench.Media, "full", "edgeserve")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_mounted_stick_pulled_in_the_middle_harms_nothing()
    {
        Assert.SkipWhen(WatchBench.NoMounts is not null, WatchBench.NoMounts ?? "");
        await using var bench = new WatchBench();
        bench.Mount("stick", "-t", "tmpfs", "-o", "size=16m", "stick");
        WatchBench.Fill(Path.Combine(bench.Media, "stick"), "7", blobBytes: 8 << 20);
        var copying = new TaskCompletionSource();
        bench.Offers.AfterChunk = cancellation =>
        {
            copying.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellation);
        };
        await bench.StartAsync();
        await copying.Task;
        bench.Unmount("stick");
        await bench.UntilAsync(m => m.Count == 0);
        Assert.Equal(0, bench.Offers.Release);
        bench.Offers.AfterChunk = null;
        bench.Plug("other", "8");
        await bench.UntilAsync("other", MediumPhase.Done);
    }

    [Fact]
    public async Task A_disk_of_its_own_is_read_reported_on_and_resumed_after_it_was_pulled()
    {
        Assert.SkipWhen(WatchBench.NoMounts is not null, WatchBench.NoMounts ?? "");
        await using var bench = new WatchBench();
        string image = bench.Elsewhere("stick.img");
        using (var file = File.Create(image))
            file.SetLength(32 << 20);
        WatchBench.Run("mkfs.ext4", ["-q", "-L", "-rf odd", image]);
        bench.Mount("disk", "-o", "loop", image);
        WatchBench.Fill(Path.Combine(bench.Media, "disk"), "7", blobBytes: 8 << 20);
        var copying = new TaskCompletionSource();
        bench.Offers.AfterChunk = cancellation =>
        {
            if (bench.Offers.Kept < 4 << 20)
                return Task.CompletedTask;
            copying.TrySetResult();
            return Task.Delay(Timeout.Infinite, cancellation);
        };
        await bench.StartAsync();
        await copying.Task;
        bench.Unmount("disk");
        await bench.UntilAsync(m => m.Count == 0);
        bench.Offers.AfterChunk = null;
        bench.Mount("disk", "-o", "loop", image);
        Assert.True(await bench.UntilAsync("disk", MediumPhase.Done) is { ReportWritten: true });
        Assert.Equal([7, 7], bench.Offers.Offered);
        Assert.True(File.Exists(Path.Combine(bench.Media, "disk", "edgeserve", "status.html")));
    }

    [Fact]
    public void Every_refusal_has_words_without_terms_of_ours()
    {
        string[] terms = ["sign", "digest", "manifest", "registry", "oci", "channel", "release number", "threshold", "json", "annotation"];
        foreach (var error in Enum.GetValues<BundleError>())
        {
            var text = CarrierTexts.Of(error);
            string all = $"{text.Title} {text.Sentence} {text.Next}".ToLowerInvariant();
            Assert.NotEqual(CarrierTexts.Broken, text);
            Assert.All(new[] { text.Title, text.Sentence, text.Next }, t => Assert.NotEmpty(t));
            Assert.DoesNotContain(terms, t => all.Contains(t, StringComparison.Ordinal));
            Assert.True(Encoding.UTF8.GetByteCount(all) < 300);
        }
    }
}
