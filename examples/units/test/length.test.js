import assert from 'node:assert/strict';
import { test } from 'node:test';
import { milesToKilometres } from '../src/index.js';

test('a mile is 1.609344 km', () => {
  assert.equal(milesToKilometres(1), 1.609344);
});
