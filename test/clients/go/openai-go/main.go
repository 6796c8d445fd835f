// Asks a gateway as a program with OpenAI's client for Go does, and prints what it got as JSON.
package main

import (
	"context"
	"encoding/json"
	"os"
	"strconv"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
)

func main() {
	client := openai.NewClient(option.WithBaseURL(os.Args[1]+"/v1"), option.WithAPIKey("any"))
	ctx := context.Background()
	results := map[string]any{}
	ask := func(model string) openai.ChatCompletionNewParams {
		return openai.ChatCompletionNewParams{
			Model:    model,
			Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Count to three")},
		}
	}

	answer, err := client.Chat.Completions.New(ctx, ask("text"))
	results["text"] = text(err, func() string { return answer.Choices[0].Message.Content })

	for _, model := range []string{"text", "slow", "broken"} {
		stream := client.Chat.Completions.NewStreaming(ctx, ask(model))
		streamed := ""
		for stream.Next() {
			if choices := stream.Current().Choices; len(choices) > 0 {
				streamed += choices[0].Delta.Content
			}
		}
		results["stream "+model] = streamed
		results["error of "+model] = text(stream.Err(), func() string { return "" })
	}

	tools, err := client.Chat.Completions.New(ctx, ask("tools"))
	results["tools"] = text(err, func() string { return tools.Choices[0].Message.ToolCalls[0].Function.Arguments })

	vectors, err := client.Embeddings.New(ctx, openai.EmbeddingNewParams{
		Model: "embeddings",
		Input: openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"one", "two", "three"}},
	})
	results["embeddings"] = text(err, func() string { return strconv.Itoa(len(vectors.Data)) })

	_ = json.NewEncoder(os.Stdout).Encode(results)
}

func text(err error, read func() string) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return read()
}
