import { defineConfig } from 'vitest/config';

// Vitest keeps transformed modules by their path, but Angular hands them over from memory: the cache would be stale.
export default defineConfig({ test: { fsModuleCache: false } });
