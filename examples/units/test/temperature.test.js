import assert from 'node:assert/strict';
import { test } from 'node:test';
import { celsiusToFahrenheit } from '../src/index.js';

test('water boils at 100 °C, which is 212 °F', () => {
  assert.equal(celsiusToFahrenheit(100), 212);
});
