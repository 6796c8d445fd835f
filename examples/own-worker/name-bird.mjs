/** Asks which bird it is; null: no model could be asked now. */
export async function nameBird(holdfast, description) {
  try {
    const { response } = await holdfast.execute(
      { model: 'fast', messages: [{ role: 'user', content: `Which bird is this? ${description}` }] },
      { idempotencyKey: `bird: ${description}` },
    );
    return response.choices[0].message.content;
  } catch (error) {
    if (error.kind === 'RateLimitError') return null;
    throw error;
  }
}
