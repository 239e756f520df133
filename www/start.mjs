// Shows how loading goes, and a readable reason when the page cannot start.
export default function start() {
  const line = () => document.getElementById("progress");
  return {
    onStart: () => {},
    onProgress: ({ current, total }) => {
      const element = line();
      if (element && total) {
        element.textContent = `Loading… ${Math.round((100 * current) / total)} %`;
      }
    },
    onComplete: () => {},
    onSuccess: () => {},
    onFailure: (error) => {
      const element = line();
      if (element) {
        element.textContent =
          "The page could not start. It needs a browser with WebAssembly, from 2023 or later. " +
          `The browser says: ${error}`;
      }
    },
  };
}
