import { describe, expect, it } from 'vitest';
import { summary } from '../../scripts/summary.mjs';

const file = (...statuses: string[]): object => ({
  status: statuses.includes('failed') ? 'failed' : 'passed',
  assertionResults: statuses.map((status) => ({ status })),
});
const report = (success: boolean, ...testResults: object[]): string => JSON.stringify({ success, testResults });

describe('the closing line', () => {
  it('counts passed and failed tests over all files', () => {
    expect(summary(report(true, file('passed', 'passed'), file('passed')), 0)).toEqual({
      line: '3 passed, 0 failed',
      ok: true,
    });
    expect(summary(report(false, file('passed', 'failed')), 0)).toEqual({ line: '1 passed, 1 failed', ok: false });
  });

  it('names skipped tests only where there are any', () => {
    expect(summary(report(true, file('passed', 'pending', 'todo', 'skipped')), 0).line).toBe(
      '1 passed, 0 failed, 3 skipped',
    );
  });

  it('counts a file that could not be loaded', () => {
    const broken = { status: 'failed', assertionResults: [] };
    expect(summary(report(false, file('passed'), broken), 0)).toEqual({ line: '1 passed, 1 failed', ok: false });
  });

  it('counts the steps that failed besides the tests', () => {
    expect(summary(report(true, file('passed')), 2)).toEqual({ line: '1 passed, 2 failed', ok: false });
  });

  it('never calls a run good that broke off, or that ran nothing', () => {
    expect(summary(undefined, 0)).toEqual({ line: '0 passed, 1 failed', ok: false });
    expect(summary('{"success":tr', 0)).toEqual({ line: '0 passed, 1 failed', ok: false });
    expect(summary(report(true), 0)).toEqual({ line: '0 passed, 1 failed', ok: false });
    expect(summary(report(false, file('passed')), 0)).toEqual({ line: '1 passed, 1 failed', ok: false });
  });
});
