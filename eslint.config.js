// Type-aware rules for TypeScript; the fast, untyped ones for the few JavaScript files. What is not about a single file
// (who may import whom, purity of core, dead files) is checked by scripts/layout.ts; formatting is Prettier's alone.

import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  // Fixtures are functions as others might write them, some broken on purpose.
  globalIgnores([
    '**/cdk.out/',
    '**/.tallyhook/',
    '**/coverage/',
    'bench/results/',
    'test/**/fixtures/',
    'dashboard/api/openapi-types.ts',
  ]),
  eslint.configs.recommended,
  {
    rules: {
      eqeqeq: 'error',
      'no-implicit-coercion': 'error',
      'object-shorthand': 'error',
      'no-else-return': 'error',
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // The house rules: nothing is asserted to be what it was not shown to be.
      '@typescript-eslint/no-explicit-any': ['error', { fixToUnknown: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unsafe-type-assertion': 'error',
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      // A promise returned from inside a try block must fail there.
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // `_` says that a parameter is part of a signature and not needed.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      // Numbers and booleans read well in messages, and `() => stop()` reads well as a callback.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // It does not know that an await lets others run: a second look at `signal.aborted`, which every loop here needs,
      // is "always falsy" to it.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // CDK constructs and servers exist by being made.
      'no-new': 'off',
    },
  },
  {
    // Core is silent; adapters say what happened by what they return or throw. Functions own the log.
    files: ['core/**', 'adapters/**'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['dashboard/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: '@mantine/core',
              importNames: ['AppShell', 'Flex', 'Grid', 'SimpleGrid', 'InlineStyles', 'ColorSchemeScript'],
              message: 'It writes a <style>, which the Content-Security-Policy forbids: use a CSS module.',
            },
            {
              name: '@mantine/core',
              importNames: ['Modal'],
              message: 'Use parts/dialog.tsx.',
            },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: 'Everything is shown as text.',
        },
      ],
      'no-console': 'error',
      // `onClick={async () => …}` is how React takes a handler.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    files: ['dashboard/parts/dialog.tsx'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        Buffer: 'readonly',
        clearTimeout: 'readonly',
        console: 'readonly',
        performance: 'readonly',
        process: 'readonly',
        setImmediate: 'readonly',
        setTimeout: 'readonly',
        URL: 'readonly',
      },
    },
  },
);
