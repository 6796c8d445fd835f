// Asks a gateway as a program with langchaingo does, and prints what it got as JSON.
package main

import (
	"context"
	"encoding/json"
	"os"
	"strconv"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/openai"
)

func main() {
	ctx := context.Background()
	results := map[string]any{}
	prompt := []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, "Count to three")}
	clientOf := func(model string) *openai.LLM {
		client, err := openai.New(openai.WithBaseURL(os.Args[1]+"/v1"), openai.WithToken("any"), openai.WithModel(model),
			openai.WithEmbeddingModel(model))
		if err != nil {
			panic(err)
		}
		return client
	}

	answer, err := clientOf("text").GenerateContent(ctx, prompt)
	results["text"] = text(err, func() string { return answer.Choices[0].Content })

	// It takes a comment, which a stream has that was silent for long, for broken JSON, and overlooks errors in a stream.
	streamed := ""
	_, err = clientOf("text").GenerateContent(ctx, prompt,
		llms.WithStreamingFunc(func(_ context.Context, chunk []byte) error {
			streamed += string(chunk)
			return nil
		}))
	results["stream text"] = streamed
	results["error of text"] = text(err, func() string { return "" })

	tools, err := clientOf("tools").GenerateContent(ctx, prompt)
	results["tools"] = text(err, func() string { return tools.Choices[0].ToolCalls[0].FunctionCall.Arguments })

	vectors, err := clientOf("embeddings").CreateEmbedding(ctx, []string{"one", "two", "three"})
	results["embeddings"] = text(err, func() string { return strconv.Itoa(len(vectors)) })

	_ = json.NewEncoder(os.Stdout).Encode(results)
}

func text(err error, read func() string) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return read()
}
