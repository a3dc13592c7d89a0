import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join, posix, relative, sep } from 'node:path'
import { UsageError } from './usage-error.ts'

/** The files of a repository at one point; paths are relative to its root, with slashes. */
export interface Files {
  /** The text of a file, undefined when there is none. */
  read(path: string): Promise<string | undefined>
  /** The paths of all files below a folder, sorted. */
  list(folder: string): Promise<string[]>
}

/** The files as they lie on disk. */
export function workingTree(root: string): Files {
  return {
    read: (path) => readFile(join(root, path), 'utf8').catch(unlessMissing),
    async list(folder) {
      const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(unlessMissing)
      const files = (entries ?? []).filter((entry) => entry.isFile())
      return files.map(({ parentPath, name }) => relative(root, join(parentPath, name)).replaceAll(sep, '/')).toSorted()
    },
  }
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

/** The files of a commit, without a checkout. */
export async function filesAt(root: string, commit: string): Promise<Files> {
  const paths = (await git(root, 'ls-tree', '-r', '-z', '--name-only', commit)).split('\0')
  const known = new Set(paths)
  return {
    async read(path) {
      return known.has(path) ? git(root, 'show', `${commit}:./${path}`) : undefined
    },
    list: async (folder) => paths.filter((path) => path.startsWith(`${posix.normalize(folder)}/`)).toSorted(),
  }
}

/**
 * The commit that a change is compared with: where the history of HEAD leaves that of `ref`.
 *
 * @throws UsageError when this clone has no such commit, saying how to get it.
 */
export async function findMergeBase(root: string, ref: string): Promise<string> {
  if (ref.startsWith('-')) throw new UsageError(`--base ${ref}: no name of a commit starts with a dash.`)
  const branch = ref.replace(/^origin\//, '')
  if (!(await gitOrNothing(root, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`))) {
    // Says so itself when this is no repository, or none that it wants to read.
    await git(root, 'rev-parse', '--git-dir')
    throw new UsageError(
      `--base ${ref}: this clone has no such commit. Fetch it with: git fetch origin ${branch}\n` +
        `or, in GitHub Actions, check out with fetch-depth: 0.`,
    )
  }
  const base = await gitOrNothing(root, 'merge-base', ref, 'HEAD')
  if (base) return base
  const shallow = (await git(root, 'rev-parse', '--is-shallow-repository')).trim() === 'true'
  throw new UsageError(
    shallow
      ? `--base ${ref}: this clone is shallow and does not reach back to where HEAD left ${ref}. ` +
          `Fetch the rest with: git fetch --unshallow origin\nor, in GitHub Actions, check out with fetch-depth: 0.`
      : `--base ${ref}: HEAD and ${ref} have no commit in common.`,
  )
}

function git(root: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('git', args, { cwd: root, maxBuffer: 256 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) resolve(stdout)
      else if (error.code === 'ENOENT') reject(new UsageError('--base needs git, which is not installed.'))
      else reject(new UsageError(`--base: git ${args[0]}: ${stderr.trim() || error.message}`))
    })
  })
}

async function gitOrNothing(root: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await git(root, ...args)).trim()
  } catch {
    return ''
  }
}
