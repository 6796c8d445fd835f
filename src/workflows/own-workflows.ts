/** Stands for the workflows of a worker's owner: in a bundle of both, their own file is in this one's place. */
export default undefined;
