import { words } from '../words.ts'
import { type Department, kinds } from './shelf.ts'

export const CLOTHING: Department = {
  name: 'Clothing',
  shelves: [
    {
      name: 'Jackets',
      code: 'JKT',
      adjectives: words('Waxed, Quilted, Hooded, Packable, Merino-Lined, Waterproof, Workwear'),
      nouns: [
        ['Parka', 149, 389, 1_400],
        ['Rain Jacket', 89, 249, 620],
        ['Overshirt', 79, 169, 720],
        ['Field Jacket', 119, 279, 980],
        ['Gilet', 69, 149, 420],
        ['Anorak', 99, 219, 680],
      ],
      options: kinds(words('XS, S, M, L, XL')),
      about: [
        ['Keeps out wind and drizzle without a rustle.', 'A jacket for the six months between summers.'],
        ['Two-way zip, deep pockets, a hood that turns with you.', 'Cut wide enough for a jumper below.'],
        ['Made in Porto of recycled polyester.', 'Wash at 30 °C and treat with wax once a year.'],
      ],
    },
    {
      name: 'Knitwear',
      code: 'KNT',
      adjectives: words('Merino, Lambswool, Cable-Knit, Ribbed, Fisherman, Mohair, Alpaca'),
      nouns: [
        ['Jumper', 79, 189, 520],
        ['Cardigan', 89, 209, 560],
        ['Roll-Neck', 85, 179, 490],
        ['Slipover', 59, 129, 310],
        ['Polo', 69, 149, 380],
        ['Knitted Dress', 99, 229, 610],
      ],
      options: kinds(words('S, M, L, XL')),
      about: [
        ['Warm without weight.', 'Knitted in one piece, so that no seam scratches.'],
        ['The collar keeps its shape.', 'Naïve pattern, serious wool.', 'Fits close at the wrist.'],
        ['Wash by hand and dry flat.', 'Wool from farms without mulesing.', 'A darning thread is included.'],
      ],
    },
    {
      name: 'Shoes',
      code: 'SHO',
      adjectives: words('Suede, Leather, Canvas, Vegan, Waterproof, Hand-Stitched, Everyday'),
      nouns: [
        ['Sneakers', 79, 169, 820],
        ['Chelsea Boots', 139, 289, 1_250],
        ['Hiking Boots', 149, 319, 1_500],
        ['Loafers', 99, 229, 840],
        ['Sandals', 59, 139, 560],
        ['Desert Boots', 119, 219, 1_050],
      ],
      options: kinds(words('38, 39, 40, 41, 42, 43, 44')),
      about: [
        ['Comfortable from the first step.', 'As good with a suit as with shorts.'],
        ['The sole is stitched and can be replaced.', 'A cork footbed that takes the shape of your foot.'],
        ['Runs true to size.', 'Runs small: take one size up.', 'Made in Almansa.'],
      ],
    },
  ],
}
