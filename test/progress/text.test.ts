import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, inert, inertLines, utf8Bytes } from '../../src/progress/inert.js';
import { mdCode, mdFence, mdQuote, mdTable, mdText } from '../../src/progress/markdown.js';
import { decideCommand, shellQuote, signalCommand } from '../../src/progress/shell.js';

/** Control characters, direction overrides, invisible ones: nothing that is printed may hold them. */
const ACTIVE = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom(
        '`',
        '```',
        '|',
        '\\',
        '<b>',
        '&',
        '\n',
        '\r',
        '\x1b[31m',
        '\u202e',
        '*',
        '_',
        '[x](y)',
        '#',
        ' ',
        'a',
        "'",
        '"',
        '$(id)',
        '~',
        '\u2028',
        '-',
      ),
    )
    .map((parts) => parts.join('')),
);

describe('inert text', () => {
  it('shows what would act on a terminal, and keeps the rest', () => {
    expect(inert('a\x1b[2Jb\u202ec')).toBe('a\\u{1b}[2Jb\\u{202e}c');
    expect(inert('two\r\n\tlines')).toBe('two lines');
    expect(inert('Grüße 日本 👩‍💻')).toBe('Grüße 日本 👩‍💻');
    expect(inertLines('a\r\nb\u2028c\n\td')).toEqual(['a', 'b', 'c', '  d']);
  });

  it('never holds an active character or half a pair, and stays as it is when made inert again', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const made = inert(text);
        expect(made).not.toMatch(ACTIVE);
        expect(made).not.toMatch(/\p{Cs}/u);
        expect(inert(made)).toBe(made);
        expect(utf8Bytes(made)).toBe(Buffer.byteLength(made));
      }),
    );
  });

  it('is cut at a whole character', () => {
    expect(clip('ab👍cd', 4)).toBe('ab…');
    expect(clip('abcd', 4)).toBe('abcd');
  });
});

describe('a quoted word', () => {
  it('is itself where it is plain', () => {
    expect(shellQuote('my-req/d1')).toBe('my-req/d1');
    expect(shellQuote('')).toBe("''");
    expect(shellQuote('=ls')).toBe("'=ls'");
    expect(shellQuote("it's")).toBe(String.raw`'it'\''s'`);
  });

  it('is the text again for a real shell, and prints nothing active', () => {
    const words = fc.array(
      nasty.map((text) => text.replace(/\0|\p{Cs}/gu, '')),
      { minLength: 30, maxLength: 30 },
    );
    fc.assert(
      fc.property(words, (texts) => {
        const quoted = texts.map(shellQuote);
        for (const word of quoted) expect(word).not.toMatch(ACTIVE);
        const script = `printf '%s\\0' ${quoted.join(' ')}`;
        const output = execFileSync('bash', ['--norc', '-c', script], {
          encoding: 'utf8',
          env: { LC_ALL: 'C.UTF-8', PATH: process.env.PATH },
        });
        expect(output.split('\0').slice(0, -1)).toEqual(texts);
      }),
      { numRuns: 10 },
    );
  });
});

describe('the commands that answer a decision', () => {
  it('are what a person types', () => {
    const answer = { request: 'my-req', decision: 'd1', choice: 'approve' };
    expect(decideCommand(answer)).toBe('baton decide my-req/d1 approve');
    expect(signalCommand(answer)).toBe(
      `temporal workflow signal --workflow-id my-req --name decide --input '{"decisionId":"d1","choice":"approve"}'`,
    );
  });

  it('take an id or a choice that begins with a dash for no option', () => {
    expect(decideCommand({ request: '-rf', decision: 'd1', choice: 'no' })).toBe('baton decide -- -rf/d1 no');
    expect(decideCommand({ request: 'r', decision: 'd1', choice: '--all' })).toBe('baton decide -- r/d1 --all');
  });

  it('hold what is decided, so that they answer nothing else', () => {
    const answer = { request: 'r', decision: 'd1', choice: 'go', digest: '0123456789abcdef#task' };
    expect(decideCommand(answer)).toBe('baton decide r/d1 go --digest 0123456789ab');
    expect(decideCommand({ ...answer, choice: '--all' })).toBe('baton decide --digest 0123456789ab -- r/d1 --all');
  });

  it('are one line of exact words whatever the id is', () => {
    const answer = { request: "a'; rm -rf / #\n`id`\x1b", decision: 'd1', choice: 'go on' };
    const script = `temporal() { printf '%s\\0' "$@"; }; ${signalCommand(answer)}`;
    const words = execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
    expect(words.slice(0, 6)).toEqual(['workflow', 'signal', '--workflow-id', answer.request, '--name', 'decide']);
    expect(JSON.parse(words[7] ?? '')).toEqual({ decisionId: 'd1', choice: 'go on' });
    expect(signalCommand(answer).split('\n')).toHaveLength(1);
  });
});

describe('text in Markdown', () => {
  it('is inert on one line', () => {
    expect(mdText('a | b\n<script>alert(1)</script>')).toBe('a \\| b &lt;script&gt;alert(1)&lt;/script&gt;');
    expect(mdText('[x](http://y) `z` *b* _c_ ~~d~~')).toBe('\\[x\\](http://y) \\`z\\` \\*b\\* \\_c\\_ \\~\\~d\\~\\~');
    expect(mdText('# no title')).toBe('\\# no title');
    expect(mdText('12. no list')).toBe('12\\. no list');
    expect(mdText('snake_case stays')).toBe('snake_case stays');
    expect(mdText('&lt; \\')).toBe('&amp;lt; \\\\');
  });

  it('holds no markup that is not escaped', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const made = mdText(text);
        expect(made).not.toMatch(ACTIVE);
        expect(made.replace(/\\[\\`*[\]|~$_\-+=#:.)]/g, '')).not.toMatch(/[\\`*[\]|~$<>]/);
      }),
    );
  });

  it('as code is fenced by more backticks than it holds', () => {
    expect(mdCode('a')).toBe('`a`');
    expect(mdCode('a`b')).toBe('``a`b``');
    expect(mdCode('``')).toBe('``` `` ```');
    expect(mdCode('a|b', { inTable: true })).toBe('`a\\|b`');
    expect(mdCode('a\\|b\\', { inTable: true })).toBe('`a\\\\\\|b\\`');
    fc.assert(
      fc.property(nasty, (text) => {
        const made = mdCode(text);
        const [fence = ''] = /^`*/.exec(made) ?? [];
        expect(made.match(/`+/g)?.filter((run) => run === fence) ?? []).toHaveLength(made === '' ? 0 : 2);
      }),
    );
  });

  it('cannot end the block that it stands in', () => {
    fc.assert(
      fc.property(nasty, (text) => {
        const [fence = '', ...lines] = mdFence(text).split('\n');
        expect(lines.pop()).toBe(fence);
        for (const line of lines) expect(line.includes(fence)).toBe(false);
      }),
    );
  });

  it('as a quotation keeps its lines, up to the limit', () => {
    expect(mdQuote('one\n- two\n\n===', { chars: 100, lines: 10 })).toBe('> one\n>\n> \\- two\n>\n>\n>\n> \\===');
    expect(mdQuote('1\n2\n3', { chars: 100, lines: 2 })).toBe('> 1\n>\n> 2\n>\n> …');
  });

  it('in a table leaves as many cells as there are columns', () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 2, maxLength: 2 }), ([a = '', b = '']) => {
        const [, , row = ''] = mdTable(['A', 'B'], [[mdText(a), mdCode(b, { inTable: true })]]).split('\n');
        expect(row.replace(/\\[\\|]/g, '').split('|')).toHaveLength(4);
      }),
    );
  });
});
