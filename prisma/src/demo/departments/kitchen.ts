import { words } from '../words.ts'
import { type Department, kinds, sizes } from './shelf.ts'

export const KITCHEN: Department = {
  name: 'Kitchen',
  shelves: [
    {
      name: 'Cookware',
      code: 'COK',
      adjectives: words('Cast Iron, Enamelled, Copper, Non-Stick, Stainless Steel, Carbon Steel, Ceramic'),
      nouns: [
        ['Frying Pan', 39, 129, 1_900],
        ['Saucepan', 35, 119, 1_500],
        ['Casserole', 79, 249, 4_200],
        ['Wok', 45, 129, 1_800],
        ['Roasting Tin', 29, 89, 1_700],
        ['Grill Pan', 39, 99, 2_200],
      ],
      options: sizes({ '20 cm': 1, '24 cm': 1.2, '28 cm': 1.45, '32 cm': 1.7 }),
      about: [
        [
          'Heats evenly to the very edge.',
          'The one you reach for every day.',
          'Sears, braises and goes into the oven.',
        ],
        ['The handle stays cool on the hob.', 'Works on gas, induction and an open fire.'],
        ['Guaranteed for 25 years.', 'Wash by hand and dry at once.', 'Seasoned and ready to use.'],
      ],
    },
    {
      name: 'Tableware',
      code: 'TBL',
      adjectives: words('Speckled, Hand-Thrown, Stoneware, Matt, Fluted, Enamel, Porcelain'),
      nouns: [
        ['Dinner Plate', 14, 32, 780],
        ['Soup Bowl', 12, 28, 520],
        ['Serving Bowl', 29, 79, 1_300],
        ['Mug', 11, 26, 380],
        ['Water Jug', 24, 59, 1_100],
        ['Cake Stand', 34, 79, 1_500],
      ],
      options: kinds(words('Cloud, Ink, Olive, Terracotta')),
      about: [
        ['No two are quite the same.', 'Everyday tableware that also does for a feast.'],
        ['Stacks neatly with everything else of the series.', 'A generous rim keeps sauce where it belongs.'],
        ['Safe in dishwasher and microwave.', 'Fired twice at 1,220 °C.', 'Comes in a box without plastic.'],
      ],
    },
    {
      name: 'Coffee and Tea',
      code: 'CAF',
      adjectives: words('Single-Origin, Fair Trade, Organic, Small-Batch, House, Winter, Signature'),
      nouns: [
        ['Espresso Beans', 8, 14, 260],
        ['Filter Coffee', 7, 13, 260],
        ['Green Tea', 9, 19, 270],
        ['Earl Grey', 8, 16, 270],
        ['Chai Blend', 9, 17, 270],
        ['Drinking Chocolate', 7, 14, 270],
      ],
      options: sizes({ '250 g': 1, '500 g': 1.9, '1 kg': 3.6 }),
      about: [
        [
          'Notes of cocoa, fig and a little orange.',
          'Round and gentle, with hardly any bitterness.',
          'Crème brûlée in a cup.',
        ],
        ['Bought directly from two cooperatives.', 'Blended by hand in Bremen.', 'Good with milk, better without.'],
        ['Keeps for a year, tastes best within six weeks.', 'Packed on the day it is ordered.'],
      ],
    },
  ],
}
