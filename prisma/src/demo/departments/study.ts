import { words } from '../words.ts'
import { type Department, kinds, sizes } from './shelf.ts'

export const STUDY: Department = {
  name: 'Study',
  shelves: [
    {
      name: 'Writing',
      code: 'WRI',
      adjectives: words('Brass, Walnut, Matt, Refillable, Lacquered, Pocket, Hexagonal'),
      nouns: [
        ['Fountain Pen', 29, 149, 60],
        ['Ballpoint Pen', 12, 59, 50],
        ['Mechanical Pencil', 14, 69, 50],
        ['Rollerball', 19, 89, 60],
        ['Brush Pen', 9, 29, 40],
        ['Highlighter', 5, 15, 40],
      ],
      options: kinds(words('Black, Blue, Burgundy, Green')),
      about: [
        ['Well balanced, with or without its cap.', 'Writes at once, also after a month in the drawer.'],
        ['Takes standard refills.', 'Smooth on any paper.', 'It gets better looking with use.'],
        ['In a gift box with two refills.', 'Can be engraved.', 'Made in Nürnberg.'],
      ],
    },
    {
      name: 'Paper',
      code: 'PAP',
      adjectives: words('Hardcover, Softcover, Recycled, Dotted, Ruled, Cloth-Bound, Stone Paper'),
      nouns: [
        ['Notebook', 9, 24, 290],
        ['Journal', 12, 32, 340],
        ['Sketchbook', 11, 29, 420],
        ['Day Planner', 16, 36, 390],
        ['Address Book', 10, 22, 220],
        ['Guest Book', 19, 45, 680],
      ],
      options: sizes({ A6: 0.8, A5: 1, A4: 1.5 }),
      about: [
        ['Opens flat at every page.', '192 pages of 100 g paper that ink does not bleed through.'],
        ['A ribbon, a pocket and an elastic band.', 'Numbered pages and room for a table of contents.'],
        ['Sewn, not glued.', 'Paper from certified forests.', 'Printed and bound in Leipzig.'],
      ],
    },
    {
      name: 'Audio',
      code: 'AUD',
      adjectives: words('Wireless, Compact, Walnut, Retro, Studio, Bluetooth, Travel'),
      nouns: [
        ['Speaker', 79, 349, 2_300],
        ['Headphones', 89, 379, 310],
        ['Radio', 69, 229, 1_400],
        ['Turntable', 199, 590, 6_800],
        ['Earphones', 39, 189, 70],
        ['Sound Bar', 149, 449, 3_600],
      ],
      options: kinds(words('Graphite, Silver, Cream')),
      about: [
        ['Clear voices, honest bass.', 'Sounds larger than it is.', 'Tuned by ear, not only by measurement.'],
        ['Plays for 24 hours on one charge.', 'Three buttons, no app.', 'Reaches every corner of the room.'],
        ['The battery can be replaced.', 'Cable of USB-C included.', 'Guaranteed for five years.'],
      ],
    },
  ],
}
