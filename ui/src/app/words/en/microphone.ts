export const microphone = {};
