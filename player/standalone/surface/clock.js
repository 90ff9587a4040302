// The timeline of the layers on this page, which is the player's own clock.

let read = () => Date.now();

export const follow = (clock) => {
  read = () => clock.read().ms;
};

export const now = () => read();
