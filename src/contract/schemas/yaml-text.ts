import type { Document } from 'yaml';
import { Composer, isMap, isPair, isScalar, isSeq, LineCounter, Parser, visit } from 'yaml';
import { LIMITS } from '../limits.js';
import type { ParsedText } from './parsed-text.js';
import { failed } from './parsed-text.js';
import type { Flaw, Position } from './problems.js';
import { forbidsParsing } from './yaml-scan.js';

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  stringKeys: true,
  resolveKnownTags: false,
  // Its own check of keys takes quadratic time; `duplicateKeys` does not.
  uniqueKeys: false,
  prettyErrors: false,
} as const;

type OnError = (source: unknown, code: string, message: string, warning?: boolean) => void;

/** Ends parsing once there are more errors than are listed: each costs a stack trace, and a hostile text has hundreds of thousands. */
class TooManyErrors extends Error {}

/** A YAML 1.2 document to a value. Never throws. */
export function parseYaml(text: string): ParsedText {
  try {
    const forbidden = forbidsParsing(text);
    if (forbidden !== undefined) return failed(forbidden);
    const lines = new LineCounter();
    const document = composeOne(text, lines);
    if (!document) return failed('several documents; a plan is one');
    const position = (offset: number): Position => {
      const { line, col } = lines.linePos(offset);
      return { line, column: col };
    };
    const flaws = [...errorsOf(document, position), ...duplicateKeys(document)];
    const value: unknown = flaws.length > 0 ? undefined : document.toJS({ maxAliasCount: LIMITS.planAliases });
    return { value, flaws, locate: (path) => locate(document, path, position) };
  } catch (error) {
    if (error instanceof TooManyErrors) return failed(`not YAML: ${error.message}`);
    // The parser throws on alias bombs, and overflows the stack on a few texts that the scan cannot tell from harmless ones.
    const aliases = error instanceof ReferenceError;
    return failed(aliases ? 'aliases that multiply, or that name no anchor' : 'nested too deeply, or not YAML');
  }
}

/** The text's only document; `undefined` if it has several. */
function composeOne(text: string, lines: LineCounter): Document.Parsed | undefined {
  const composer = new Composer(OPTIONS);
  const reporter = composer as unknown as { onError: OnError };
  const report = reporter.onError;
  let count = 0;
  reporter.onError = (source, code, message, warning) => {
    count += 1;
    if (count > LIMITS.problemsListed)
      throw new TooManyErrors(`${LIMITS.problemsListed} errors and more, such as: ${message}`);
    report(source, code, message, warning);
  };
  let document: Document.Parsed | undefined;
  for (const next of composer.compose(new Parser(lines.addNewLine).parse(text), true, text.length)) {
    if (document) return undefined;
    document = next;
  }
  return document;
}

function errorsOf(document: Document.Parsed, position: (offset: number) => Position): Flaw[] {
  const flaws = [...document.errors, ...document.warnings].map(({ message, pos }): Flaw => {
    const { line, column } = position(pos[0]);
    return { path: [], message: `line ${line}, column ${column}: ${message}` };
  });
  const { explicit, version } = document.directives.yaml;
  if (explicit && version !== '1.2') {
    flaws.push({ path: [], message: `YAML ${version} is not read; leave the %YAML line out` });
  }
  return flaws;
}

/** Every key that its mapping has already, the first 20. */
function duplicateKeys(document: Document.Parsed): Flaw[] {
  const flaws: Flaw[] = [];
  visit(document, {
    Map: (_, map, ancestors) => {
      const names = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        if (names.has(key.value)) {
          flaws.push({ path: [...pathOf(ancestors, map), String(key.value)], message: 'given twice' });
          if (flaws.length >= LIMITS.problemsListed) return visit.BREAK;
        }
        names.add(key.value);
      }
      return undefined;
    },
  });
  return flaws;
}

function pathOf(ancestors: readonly unknown[], node: unknown): PropertyKey[] {
  const nodes = [...ancestors, node];
  return nodes.flatMap((ancestor, i): PropertyKey[] => {
    if (isPair(ancestor)) return [isScalar(ancestor.key) ? String(ancestor.key.value) : ''];
    return isSeq(ancestor) && i + 1 < nodes.length ? [ancestor.items.indexOf(nodes[i + 1])] : [];
  });
}

function locate(
  document: Document.Parsed,
  path: readonly PropertyKey[],
  position: (offset: number) => Position,
): Position | null {
  for (let length = path.length; length >= 0; length -= 1) {
    const parent: unknown = length <= 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.findLast((item) => isScalar(item.key) && item.key.value === key)
      : undefined;
    const node: unknown = length === 0 ? document.contents : (pair?.key ?? document.getIn(path.slice(0, length), true));
    const range = (node as { range?: [number, number, number] | null } | undefined | null)?.range;
    if (range) return position(range[0]);
  }
  return null;
}
