export { milesToKilometres } from './length.js';
export { celsiusToFahrenheit } from './temperature.js';
