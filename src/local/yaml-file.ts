import { type Document, isAlias, isMap, isNode, isScalar, LineCounter, parseAllDocuments, visit } from 'yaml';
import { LIMITS } from '../contract/limits.js';

/** A problem at a place of the text; line and column count from 1. */
export interface PlacedProblem {
  line: number;
  column: number;
  message: string;
}

export interface YamlFile {
  /** The plain value; undefined for a file that is empty or holds only comments. */
  value: unknown;
  /** Where the value at `path` stands, or, with `key`, the name of that member. The nearest thing above it if it is not there. */
  placeOf(path: readonly PropertyKey[], key?: string): { line: number; column: number };
}

export type YamlResult = { kind: 'ok'; file: YamlFile } | { kind: 'problems'; problems: PlacedProblem[] };

/**
 * Reads one document of plain YAML 1.2. Several documents, anchors, aliases, tags and repeated keys are problems; a merge key is an
 * ordinary (and so unknown) key. Messages never quote the text, which may be a file that should not be shown.
 */
export function parseYamlFile(text: string): YamlResult {
  const lines = new LineCounter();
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const tooDeep = tooDeepAt(text);
  if (tooDeep !== undefined) {
    return { kind: 'problems', problems: [{ line: tooDeep, column: 1, message: 'nested too deeply' }] };
  }
  const parsed = parseAllDocuments(text, { lineCounter: lines, merge: false, prettyErrors: false, version: '1.2' });
  const documents: Document.Parsed[] = 'empty' in parsed ? [] : parsed;
  const [document, second] = documents;
  if (!document) return { kind: 'ok', file: { value: undefined, placeOf: () => at(0) } };
  if (second) {
    return { kind: 'problems', problems: [{ ...at(second.range[0]), message: 'only one document is allowed' }] };
  }
  const problems = [
    ...document.errors.map((error) => ({ ...at(error.pos[0]), message: firstLine(error.message) })),
    ...refusedNodes(document).map(({ offset, message }) => ({ ...at(offset), message })),
  ];
  if (problems.length > 0) return { kind: 'problems', problems: problems.slice(0, LIMITS.configProblems) };
  const placeOf: YamlFile['placeOf'] = (path, key) => at(offsetOf(document, path, key));
  return { kind: 'ok', file: { value: document.toJS() as unknown, placeOf } };
}

function refusedNodes(document: Document.Parsed): { offset: number; message: string }[] {
  const found: { offset: number; message: string }[] = [];
  visit(document, {
    Node: (_, node) => {
      const offset = node.range?.[0] ?? 0;
      if (isAlias(node)) found.push({ offset, message: 'aliases are not allowed' });
      else if (node.anchor !== undefined) found.push({ offset, message: 'anchors are not allowed' });
      else if (node.tag !== undefined) found.push({ offset, message: 'tags are not allowed' });
    },
  });
  return found;
}

/**
 * The line at which brackets or the list marks of one line nest deeper than the limit. The parser recurses, and enough of them end the
 * whole process, so this looks before it. Brackets inside strings count too, which only makes it stricter.
 */
function tooDeepAt(text: string): number | undefined {
  let brackets = 0;
  let line = 0;
  for (const content of text.split('\n')) {
    line++;
    const marks = /^(?:\s|[-?:](?=\s))*/.exec(content)?.[0].match(/[-?:]/g)?.length ?? 0;
    for (const bracket of content.match(/[[\]{}]/g) ?? []) {
      brackets = Math.max(0, brackets + (bracket === '[' || bracket === '{' ? 1 : -1));
      if (brackets + marks > LIMITS.planNestingDepth) return line;
    }
    if (marks > LIMITS.planNestingDepth) return line;
  }
  return undefined;
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], key?: string): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node)) continue;
    if (key !== undefined && length === path.length && isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair && isNode(pair.key)) return pair.key.range?.[0] ?? 0;
    }
    return node.range?.[0] ?? 0;
  }
  return 0;
}

const firstLine = (message: string): string => message.split('\n', 1)[0] ?? message;
