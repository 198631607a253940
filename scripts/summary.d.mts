/** The closing line of a run from the text of vitest's JSON report, and whether everything passed. */
export function summary(report: string | undefined, failedSteps: number): { line: string; ok: boolean };
