using System.Globalization;
using System.Text.RegularExpressions;

namespace EdgeServe.AcceptanceTests.Jobs;

/// <summary>What <c>strace -f -yy -o</c> wrote, calls that were interrupted by others put together again.</summary>
internal sealed partial class SyscallTrace
{
    private readonly List<Call> _calls = [];

    public SyscallTrace(IReadOnlyList<string> lines)
    {
        var open = new Dictionary<int, int>();
        for (int i = 0; i < lines.Count; i++)
        {
            if (Line().Match(lines[i]) is not { Success: true } match)
                continue;
            int thread = int.Parse(match.Groups["thread"].ValueSpan, CultureInfo.InvariantCulture);
            if (match.Groups["resumed"].Success && open.Remove(thread, out int begun))
            {
                _calls[begun] = _calls[begun] with { Ended = i, Text = _calls[begun].Text + lines[i] };
                continue;
            }

            if (lines[i].EndsWith("<unfinished ...>", StringComparison.Ordinal))
                open[thread] = _calls.Count;
            _calls.Add(new Call(match.Groups["name"].Value, lines[i], i, open.ContainsKey(thread) ? int.MaxValue : i));
        }
    }

    public Call First(Func<Call, bool> condition) => _calls.FirstOrDefault(condition)
        ?? throw new InvalidOperationException("no such call in:\n" + string.Join('\n', _calls.Select(c => c.Text[..Math.Min(c.Text.Length, 160)])));

    [GeneratedRegex(@"^(?<thread>\d+)\s+(?:(?<resumed><\.\.\. (?:\w+) resumed>)|(?<name>\w+)\()")]
    private static partial Regex Line();

    /// <param name="Name">Of the call.</param>
    /// <param name="Text">With its arguments.</param>
    /// <param name="Begun">Line it began in.</param>
    /// <param name="Ended">Line it returned in; the largest number when it never did.</param>
    internal sealed record Call(string Name, string Text, int Begun, int Ended)
    {
        /// <summary>Is its file's name this, or does it end so?</summary>
        public bool IsOn(string file) => Text[..Math.Min(Text.Length, 400)].Contains(file + ">", StringComparison.Ordinal);
    }
}
