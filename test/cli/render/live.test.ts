import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProgressView } from '../../../src/contract/view.js';
import { createLive, type LiveOptions } from '../../../src/cli/render/live.js';
import { widthOf } from '../../../src/cli/render/width.js';

/** A terminal of a few rows: it knows the sequences that the live view may use, and fails on any other. */
class Screen extends EventEmitter {
  lines: string[] = [''];
  row = 0;
  writes = 0;
  cursor = true;
  full = false;
  constructor(
    public columns: number,
    public rows: number,
  ) {
    super();
  }
  write(text: string): boolean {
    this.writes += 1;
    // The escape character as its picture, which a pattern may name.
    const shown = text.replaceAll('\x1b', '␛');
    for (const [token] of shown.matchAll(/␛\[\??\d*[A-Za-z]|␛.?|\n|\r|[^␛\n\r]+/g)) this.take(token);
    return !this.full;
  }
  private take(token: string): void {
    const up = /^␛\[(\d+)A$/.exec(token);
    if (up) this.row = Math.max(0, this.row - Number(up[1]));
    else if (token === '\n') this.lines[(this.row += 1)] ??= '';
    else if (token === '␛[J') this.lines.splice(this.row, Infinity, '');
    else if (/^␛\[\?25[lh]$/.test(token)) this.cursor = token.endsWith('h');
    else if (!token.startsWith('␛') && token !== '\r') this.lines[this.row] = token;
    else if (!/^(\r|␛\[K|␛\[\d+m|␛\[\?2026[hl])$/.test(token)) throw new Error(`unknown ${JSON.stringify(token)}`);
  }
  get text(): string {
    return this.lines.join('\n').trimEnd();
  }
}

function progress(more: Partial<ProgressView> = {}): ProgressView {
  return {
    v: 1,
    requestId: 'req-1',
    status: 'running',
    state: 'MONITORING',
    description: 'Do it',
    percent: 0,
    total: 4,
    completed: 0,
    failed: 0,
    skipped: 0,
    cancelled: 0,
    active: 0,
    queued: 0,
    waiting: 0,
    elapsedMs: 1000,
    averageTaskMs: null,
    remainingMs: null,
    estimatedCompletion: null,
    delayMs: 0,
    milestones: { done: 0, total: 1 },
    performance: 100,
    activeTasks: [],
    openDecisions: [],
    notes: [],
    ...more,
  };
}

const active = (count: number): Partial<ProgressView> => ({
  active: count,
  activeTasks: Array.from({ length: count }, (_, i) => ({
    id: `t${i}`,
    title: `Title ${i} 日本`,
    agent: 'baton',
    percent: 10,
    elapsedMs: 500,
  })),
});

const TTY: LiveOptions = { tty: true, color: true, columns: 80 };

describe('a live view on a terminal', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('redraws its block in place and leaves the last one standing, with the cursor back', () => {
    const screen = new Screen(100, 20);
    const live = createLive(screen, TTY);
    live.update(progress(active(2)));
    expect(screen.cursor).toBe(false);
    expect(screen.lines.slice(0, 4)).toEqual([
      'Overall: [░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░] 0.0%',
      'running, 0/4 done, 2 active, 1.0s',
      '  t0 [███░░░░░░░░░░░░░░░░░░░░░░░░░░░] 10.0%  Title 0 日本  500ms',
      '  t1 [███░░░░░░░░░░░░░░░░░░░░░░░░░░░] 10.0%  Title 1 日本  500ms',
    ]);
    live.update(progress({ percent: 50, completed: 2 }));
    live.close();
    expect(screen.text).toBe('Overall: [███████████████░░░░░░░░░░░░░░░] 50.0%\nrunning, 2/4 done, 1.0s');
    expect(screen.cursor).toBe(true);
  });

  it('draws at most ten times a second, each frame in one write, and the latest view wins', () => {
    const screen = new Screen(100, 20);
    const live = createLive(screen, TTY);
    for (let i = 0; i < 1000; i += 1) {
      live.update(progress({ percent: i / 10 }));
      vi.advanceTimersByTime(1);
    }
    expect(screen.writes).toBeGreaterThan(5);
    expect(screen.writes).toBeLessThanOrEqual(11);
    vi.advanceTimersByTime(200);
    expect(screen.text).toContain('99.9%');
  });

  it('waits for a slow reader', () => {
    const screen = new Screen(100, 20);
    const live = createLive(screen, TTY);
    screen.full = true;
    live.update(progress());
    for (let i = 0; i < 50; i += 1) {
      live.update(progress({ percent: i }));
      vi.advanceTimersByTime(100);
    }
    expect(screen.writes).toBe(1);
    screen.emit('drain');
    vi.advanceTimersByTime(200);
    expect(screen.text).toContain('49.0%');
  });

  it('writes lasting lines above the block', () => {
    const screen = new Screen(100, 20);
    const live = createLive(screen, TTY);
    live.update(progress());
    live.line('lint failed\x1b[2J');
    live.line('two\nlines');
    expect(screen.lines.slice(0, 4)).toEqual([
      'lint failed\\u{1b}[2J',
      'two',
      'lines',
      expect.stringContaining('Overall'),
    ]);
    live.close();
  });

  it.each([
    [100, 6],
    [40, 24],
    [10, 3],
    [1, 1],
  ])('fits %d columns and %d rows', (columns, rows) => {
    const screen = new Screen(columns, rows);
    const live = createLive(screen, TTY);
    live.update(progress({ ...active(30), openDecisions: ['req-1/d1'] }));
    const shown = screen.text.split('\n');
    expect(shown.length).toBeLessThan(Math.max(2, rows));
    for (const line of shown) expect(widthOf(line)).toBeLessThanOrEqual(Math.max(1, columns - 1));
    if (rows === 6) expect(screen.text).toContain('more are active');
    live.close();
  });

  it('shows how to answer an open decision', () => {
    const screen = new Screen(200, 20);
    const live = createLive(screen, TTY);
    live.update(progress({ status: 'waiting', openDecisions: ['req-1/d1'] }));
    expect(screen.text).toContain('baton decide req-1/d1 CHOICE');
    live.close();
  });
});

describe('a live view without a terminal, or with NO_COLOR', () => {
  const written = (options: LiveOptions, views: ProgressView[]): string => {
    const chunks: string[] = [];
    const stream = Object.assign(new EventEmitter(), { write: (text: string) => chunks.push(text) > 0 });
    const live = createLive(stream, options);
    for (const view of views) live.update(view);
    live.line('bye\x1b[0m');
    live.close();
    return chunks.join('');
  };

  it.each([
    { tty: false, color: true },
    { tty: true, color: false },
  ])('writes plain lines, only when something changed: %o', (options) => {
    const text = written(options, [
      progress(active(1)),
      progress({ percent: 4, ...active(1) }),
      progress({ percent: 5, ...active(1) }),
      progress({ percent: 6, ...active(1) }),
      progress({ percent: 6, completed: 1 }),
      progress({ percent: 6, completed: 1, openDecisions: ['req-1/d1'] }),
      progress({ percent: 6, completed: 1, openDecisions: ['req-1/d1'] }),
      progress({ percent: 6, completed: 1, status: 'waiting', openDecisions: ['req-1/d1'] }),
    ]);
    expect(text).not.toContain('\x1b');
    expect(text.trimEnd().split('\n')).toEqual([
      'Overall: [░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░] 0.0%  running, 0/4 done, 1 active, 1.0s (t0)',
      'Overall: [█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░] 5.0%  running, 0/4 done, 1 active, 1.0s (t0)',
      'Overall: [█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░] 6.0%  running, 1/4 done, 1.0s',
      'decision req-1/d1 is open: baton decisions req-1, then baton decide req-1/d1 CHOICE',
      'Overall: [█░░░░░░░░░░░░░░░░░░░░░░░░░░░░░] 6.0%  waiting, 1/4 done, 1.0s',
      'bye\\u{1b}[0m',
    ]);
  });
});

describe('a closed pipe', () => {
  it.each([
    ['that has ended', 'echo ready'],
    ['that lives on', 'exec 0<&-; echo ready; exec sleep 30'],
  ])('of a real reader %s ends the view and nothing else', async (_, script) => {
    const reader = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'] });
    const onClosed = vi.fn();
    const live = createLive(reader.stdin, { tty: false, color: false, onClosed });
    await once(reader.stdout, 'data');
    for (let i = 0; i < 100 && onClosed.mock.calls.length === 0; i += 1) {
      live.line('x'.repeat(100_000));
      await sleep(20);
    }
    live.update(progress());
    live.close();
    await sleep(20);
    reader.kill();
    expect(onClosed).toHaveBeenCalledTimes(1);
  });

  it('is not written to again, and a stream that throws is one', () => {
    const write = vi.fn(() => {
      throw new Error('EPIPE');
    });
    const onClosed = vi.fn();
    const live = createLive(Object.assign(new EventEmitter(), { write }), { ...TTY, onClosed });
    live.update(progress());
    live.line('more');
    live.close();
    expect([write.mock.calls.length, onClosed.mock.calls.length]).toEqual([1, 1]);
  });
});
