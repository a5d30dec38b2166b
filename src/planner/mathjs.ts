// The parser alone, made from its named dependencies: bundled 342 kB, where `import {parse}` brings all functions of mathjs
// along (781 kB). Few plans have an expression, so the build makes a file of its own of this (scripts/build.ts).
export {create, parseDependencies} from 'mathjs/number'
