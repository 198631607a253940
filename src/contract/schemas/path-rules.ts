import { LIMITS } from '../limits.js';

const BRACES_MAX = 8;
const EXTGLOBS_MAX = 4;

/** Why `text` is not a path inside the workspace; `undefined` if it is one. Looks at the text only: links are for who opens the file. */
export function relativePathFlaw(text: string, maxChars: number = LIMITS.pathChars): string | undefined {
  if (text === '') return 'empty';
  if (text.length > maxChars) return `longer than ${maxChars} characters`;
  if (/^[/\\]|^[A-Za-z]:/.test(text)) return 'absolute; a path here is relative to the workspace';
  if (text.startsWith('~')) return 'begins with ~; a path here is relative to the workspace';
  if (text.split(/[/\\]/).includes('..')) return 'leads out of the workspace with ".."';
  return undefined;
}

/** Why `text` is not a glob inside the workspace that can be matched in bounded time; `undefined` if it is one. */
export function globFlaw(text: string): string | undefined {
  const pathFlaw = relativePathFlaw(text.replace(/^!/, ''), LIMITS.globChars);
  if (pathFlaw !== undefined) return pathFlaw;
  if (text.includes('..')) return 'holds ".."';
  if ((text.match(/[@!?+*]\(/g) ?? []).length > EXTGLOBS_MAX) return `more than ${EXTGLOBS_MAX} groups such as +(…)`;
  return bracesFlaw(text);
}

function bracesFlaw(text: string): string | undefined {
  let [depth, braces, alternatives, here] = [0, 0, 1, 1];
  for (const c of text) {
    if (c === '{') {
      depth += 1;
      braces += 1;
      here = 1;
    } else if (c === ',' && depth > 0) here += 1;
    else if (c === '}' && depth > 0) {
      depth -= 1;
      alternatives *= here;
    }
    if (depth > 1) return 'braces within braces';
  }
  if (depth > 0) return 'a brace that is not closed';
  if (braces > BRACES_MAX || alternatives > LIMITS.globAlternatives) {
    return `its braces stand for more than ${LIMITS.globAlternatives} alternatives, or are more than ${BRACES_MAX}`;
  }
  return undefined;
}
