// Two runs side by side: now by then. Shares of the bare loop are compared before absolute figures, since
// they were quotients within each run; still this is weaker than a pair in one run, and the report says so.

const resultsOf = (run) =>
  new Map(
    run.rows.flatMap((row) =>
      (row.results ?? [])
        .filter((result) => result.state === 'measured' && result.metrics?.[result.metric])
        .map((result) => [`${row.id}\n${result.server}`, { row, result }]),
    ),
  );

// {file, commit, started, differences: [what is another machine or setting], entries: […]}
export function compareRuns(now, then, file) {
  const old = resultsOf(then);
  const entries = [];
  for (const [key, { row, result }] of resultsOf(now)) {
    const before = old.get(key)?.result;
    if (!before || before.metric !== result.metric) continue;
    entries.push({
      id: row.id,
      title: row.title,
      server: result.server,
      metric: result.metric,
      absolute: result.metrics[result.metric].median / before.metrics[before.metric].median,
      share: result.share && before.share ? result.share.median / before.share.median : null,
    });
  }
  const differences = ['cpu', 'cores', 'kernel', 'compiler', 'compiler_flags', 'congestion']
    .filter((name) => now.provenance[name] !== then.provenance[name])
    .map(
      (name) =>
        `${name.replace('_', ' ')}: ${then.provenance[name] || 'unknown'} then, ${now.provenance[name] || 'unknown'} now`,
    );
  if (now.profile !== then.profile) differences.push(`profile: ${then.profile} then, ${now.profile} now`);
  return { file, commit: then.provenance.commit, started: then.provenance.started, differences, entries };
}
