/**
 * Prints the closing line of a run, `N passed, N failed` and, where there are any, `, N skipped`, from the JSON report of vitest:
 * `node scripts/summary.mjs REPORT [FAILED]`, FAILED being the number of other steps that failed. Ends with 1 unless all passed.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/**
 * @param {string | undefined} report the report's text; undefined where the run left none
 * @param {number} failedSteps what failed besides tests
 * @returns {{ line: string, ok: boolean }}
 */
export function summary(report, failedSteps) {
  const tests = count(report);
  const failed = tests.failed + failedSteps;
  const skipped = tests.skipped > 0 ? `, ${tests.skipped} skipped` : '';
  return { line: `${tests.passed} passed, ${failed} failed${skipped}`, ok: failed === 0 && tests.passed > 0 };
}

/** A run that broke off, or found no tests, did not pass: it counts as one failure. */
function count(report) {
  const broken = { passed: 0, failed: 1, skipped: 0 };
  const run = parse(report);
  if (run === undefined) return broken;
  const of = (...statuses) =>
    run.testResults.flatMap((file) => file.assertionResults).filter(({ status }) => statuses.includes(status)).length;
  // A file that cannot be loaded fails without having a test that failed.
  const brokenFiles = run.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
  ).length;
  const counts = {
    passed: of('passed'),
    failed: of('failed') + brokenFiles,
    skipped: of('skipped', 'pending', 'todo'),
  };
  const passedAll = run.success === true && counts.passed > 0;
  return passedAll || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

function parse(report) {
  try {
    const run = JSON.parse(report ?? '');
    return Array.isArray(run.testResults) ? run : undefined;
  } catch {
    return undefined;
  }
}

function readReport(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [path = '', failedSteps = '0'] = process.argv.slice(2);
  const { line, ok } = summary(readReport(path), Number(failedSteps));
  console.log(line);
  process.exitCode = ok ? 0 : 1;
}
