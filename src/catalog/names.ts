/** Names that a user can mistype: the nearest known ones. */
export {didYouMean, nearestNames} from '../text/nearest.ts'
