/** For the command line, which may not reach the pure rooms itself. */
export { nearest } from '../planning/nearest.js';
