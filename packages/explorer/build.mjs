// Bundles the explorer into dist/: index.html, and beside it one folder with all that it loads, named by a hash of its
// content. Nothing in it comes from another host: neither the editor's workers nor its fonts.
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { build } from 'esbuild'

const source = join(import.meta.dirname, 'src')
const target = join(import.meta.dirname, 'dist')

/** @type {import('esbuild').Plugin} GraphiQL's style sheet holds the editor's styles; those that it imports repeat them. */
const withoutEditorStyles = {
  name: 'without-editor-styles',
  setup(plugin) {
    plugin.onLoad({ filter: /[\\/]monaco-editor[\\/].*\.css$/ }, () => ({ contents: '', loader: 'empty' }))
  },
}

const { outputFiles } = await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: {
    explorer: 'src/explorer.tsx',
    styles: 'src/explorer.css',
    'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
    'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
    'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
  },
  outdir: '.',
  write: false,
  bundle: true,
  minify: true,
  format: 'esm',
  splitting: true,
  target: 'es2023',
  jsx: 'automatic',
  // What is built depends on these options and on no file above.
  tsconfigRaw: {},
  define: { 'process.env.NODE_ENV': '"production"' },
  plugins: [withoutEditorStyles],
  logLevel: 'warning',
})

const icon = { path: 'icon.svg', contents: await readFile(join(source, 'icon.svg')) }
const files = [...outputFiles, icon].map(({ path, contents }) => ({ name: basename(path), contents }))
const hash = createHash('sha256')
for (const { name, contents } of files) hash.update(name).update(contents)
const folder = `assets-${hash.digest('hex').slice(0, 16)}`
const page = await readFile(join(source, 'index.html'), 'utf8')

await rm(target, { recursive: true, force: true })
await mkdir(join(target, folder), { recursive: true })
for (const { name, contents } of files) await writeFile(join(target, folder, name), contents)
await writeFile(join(target, 'index.html'), page.replaceAll('{{assets}}', folder))
