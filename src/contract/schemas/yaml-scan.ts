import { Lexer } from 'yaml';
import { LIMITS } from '../limits.js';

/** Marks that the lexer puts between pieces of source: they stand for no text. */
const SCALAR_MARK = '\x1f';
const MARKS = new Set(['\x02', '\x18', SCALAR_MARK]);
const OPENERS = new Set(['[', '{']);
const CLOSERS = new Set([']', '}']);
const INDICATORS = new Set(['-', '?', ':']);

/**
 * Looks at the lexical tokens of a YAML text before the parser, which is recursive and slower than linear on some texts, may see it: returns
 * what forbids parsing, or `undefined`. Nesting is under-counted by at most a factor of two (a list at its key's own column counts as one level).
 */
export function forbidsParsing(text: string): string | undefined {
  const state = new ScanState();
  let afterMark = false;
  for (const token of new Lexer().lex(text)) {
    const problem = state.take(token, afterMark);
    if (problem !== undefined) return problem;
    afterMark = token === SCALAR_MARK;
  }
  return undefined;
}

class ScanState {
  private tokens = 0;
  private aliases = 0;
  private flow = 0;
  private column = 0;
  private fresh = true;
  private readonly columns: number[] = [];
  private listColumn = Infinity;
  private listItems = 0;

  take(token: string, isScalar: boolean): string | undefined {
    this.tokens += 1;
    if (this.tokens > LIMITS.planYamlTokens) return `more than ${LIMITS.planYamlTokens} tokens`;
    if (MARKS.has(token) && !isScalar) return undefined;
    const problem = isScalar ? this.content('scalar') : this.structure(token);
    const newline = token.lastIndexOf('\n');
    if (newline >= 0) {
      this.column = token.length - newline - 1;
      this.fresh = true;
    } else this.column += token.length;
    return problem;
  }

  private structure(token: string): string | undefined {
    const first = token.charAt(0);
    if (first === '' || /\s/.test(first)) return undefined;
    if (first === '&' || first === '*') {
      this.aliases += 1;
      if (this.aliases > LIMITS.planAliases) return `more than ${LIMITS.planAliases} anchors and aliases`;
    }
    if (CLOSERS.has(token)) {
      this.flow -= 1;
      return this.flow < 0 ? `a "${token}" that closes nothing` : undefined;
    }
    if (token === '-' && this.flow === 0) this.countItem();
    if (this.listItems > LIMITS.planTasks) return `more than ${LIMITS.planTasks} tasks`;
    const problem = this.content(token);
    if (OPENERS.has(token)) this.flow += 1;
    return problem;
  }

  /** In a plan only `tasks` is a list at the outermost level, so the leftmost items are the tasks. */
  private countItem(): void {
    if (this.column < this.listColumn) {
      this.listColumn = this.column;
      this.listItems = 0;
    }
    if (this.column === this.listColumn) this.listItems += 1;
  }

  private content(token: string): string | undefined {
    if (this.fresh && this.flow === 0) {
      while ((this.columns.at(-1) ?? -1) >= this.column) this.columns.pop();
      this.columns.push(this.column);
    }
    this.fresh = this.fresh && INDICATORS.has(token);
    const depth = this.columns.length + this.flow;
    return depth > LIMITS.planNestingDepth ? `nested deeper than ${LIMITS.planNestingDepth} levels` : undefined;
  }
}
