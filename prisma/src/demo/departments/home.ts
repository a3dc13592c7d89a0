import { words } from '../words.ts'
import { type Department, kinds } from './shelf.ts'

export const HOME: Department = {
  name: 'Home',
  shelves: [
    {
      name: 'Lighting',
      code: 'LGT',
      adjectives: words('Brass, Opal Glass, Paper, Rattan, Smoked Glass, Dimmable, Linen'),
      nouns: [
        ['Table Lamp', 59, 149, 1_800],
        ['Floor Lamp', 119, 289, 5_200],
        ['Pendant Lamp', 79, 219, 2_100],
        ['Wall Light', 49, 129, 1_100],
        ['Reading Lamp', 45, 119, 1_500],
        ['Night Light', 19, 39, 350],
      ],
      options: kinds(words('White, Black, Sand, Sage')),
      about: [
        ['A warm, even light for long evenings.', 'Light where you need it and calm where you do not.'],
        ['It throws no glare on a page or a screen.', 'The cable is wrapped in cotton and three metres long.'],
        ['Takes any E14 bulb; one is in the box.', 'The bulb can be replaced without tools.'],
      ],
    },
    {
      name: 'Seating',
      code: 'SEA',
      adjectives: words('Oak, Walnut, Upholstered, Velvet, Cane, Low, Bentwood'),
      nouns: [
        ['Dining Chair', 99, 249, 5_400],
        ['Armchair', 299, 690, 14_500],
        ['Bar Stool', 89, 199, 4_600],
        ['Bench', 149, 390, 9_800],
        ['Footstool', 59, 149, 3_900],
        ['Rocking Chair', 249, 540, 11_200],
      ],
      options: kinds(words('Natural, Charcoal, Moss, Rust')),
      about: [
        ['A quiet shape that is easy to live with.', 'Made to be sat in for a whole dinner, and the hour after.'],
        ['Joints are glued and pegged, nothing wobbles.', 'The seat is slightly hollowed and needs no cushion.'],
        ['Arrives assembled.', 'Felt pads for the floor are included.', 'Wipe with a damp cloth and oil once a year.'],
      ],
    },
    {
      name: 'Textiles',
      code: 'TXT',
      adjectives: words('Washed Linen, Organic Cotton, Waffle, Quilted, Striped, Chunky, Fringed'),
      nouns: [
        ['Cushion', 24, 59, 600],
        ['Throw', 49, 129, 1_100],
        ['Curtain', 59, 139, 1_600],
        ['Bedspread', 89, 199, 2_400],
        ['Tablecloth', 39, 99, 800],
        ['Bath Towel', 19, 49, 650],
      ],
      options: kinds(words('Ecru, Ochre, Petrol, Brick, Slate')),
      about: [
        [
          'Soft from the first day and softer after every wash.',
          'Woven in Guimarães by a mill of the third generation.',
        ],
        ['It drapes well and hardly creases.', 'Dyed in the yarn, so that the colour stays.'],
        ['Machine wash at 40 °C.', 'Line dry; it needs no iron.', 'Certified to OEKO-TEX Standard 100.'],
      ],
    },
  ],
}
