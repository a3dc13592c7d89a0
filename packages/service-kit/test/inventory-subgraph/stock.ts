export interface Part {
  id: string
  number: string
  revision: string
  maker: { id: string }
  size: { weight: number; unit: string }
  cost: number
  note: string
  /** The email of a keeper, and how many parts they have counted in all. */
  countedBy: { email: string; partsCounted: number }
}

export interface Container {
  __typename: 'Crate' | 'Box'
  id: string
  partIds: string[]
  nailed?: boolean
}

export const parts: readonly Part[] = [
  {
    id: 'gasket-2',
    number: 'GASKET',
    revision: '2',
    maker: { id: 'acme' },
    size: { weight: 0.2, unit: 'kg' },
    cost: 120,
    note: 'order early',
    countedBy: { email: 'kim@depot.example', partsCounted: 600 },
  },
  {
    id: 'valve-1',
    number: 'VALVE',
    revision: '1',
    maker: { id: 'zenith' },
    size: { weight: 1.5, unit: 'kg' },
    cost: 990,
    note: '',
    countedBy: { email: 'lee@depot.example', partsCounted: 20 },
  },
]

const containers: readonly Container[] = [
  { __typename: 'Crate', id: 'c-1', partIds: ['gasket-2', 'valve-1'], nailed: true },
  { __typename: 'Box', id: 'b-1', partIds: ['valve-1'] },
]

const partsByPlace: Readonly<Record<string, readonly string[]>> = { 'depot-north': ['gasket-2'] }
const partsByBin: Readonly<Record<string, readonly string[]>> = { '7/3': ['valve-1'] }

/** What a representation may say of a part: one of its three keys. */
export type PartKey = Partial<Pick<Part, 'id' | 'number' | 'revision' | 'maker'>>

export function findPart({ id, number, revision, maker }: PartKey): Part | null {
  const isIt = (part: Part) =>
    id === undefined
      ? part.number === number && (part.revision === revision || part.maker.id === maker?.id)
      : part.id === id
  return parts.find(isIt) ?? null
}

export const findContainer = (id: string) => containers.find((container) => container.id === id) ?? null

export const partsIn = (ids: readonly string[] | undefined) => parts.filter(({ id }) => ids?.includes(id))
export const partsOfPlace = (id: string) => partsIn(partsByPlace[id])
export const partsOfBin = (aisle: number, shelf: number) => partsIn(partsByBin[`${aisle}/${shelf}`])
